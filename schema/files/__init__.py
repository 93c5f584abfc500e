"""Files on the wire."""
