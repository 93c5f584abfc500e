"""SIM cards on the wire."""
