"""Choosing a bundle."""
