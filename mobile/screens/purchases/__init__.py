"""Purchases of the last 15 days."""
