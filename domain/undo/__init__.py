"""Undoing what was done, by its opposite."""
