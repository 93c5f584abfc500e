"""Persons and their roles."""
