"""Organizations and account trees on the wire."""
