"""Usage on the wire."""
