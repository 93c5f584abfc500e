"""Bundles of lines on the wire."""
