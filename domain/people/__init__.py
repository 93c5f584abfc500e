"""Persons and the roles they hold for a time."""
