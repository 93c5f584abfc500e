"""Files kept as rows, up to 5 MB."""
