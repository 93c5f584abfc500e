"""Offerings on the wire."""
