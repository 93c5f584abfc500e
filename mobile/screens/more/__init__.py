"""Profile, display, security, connection."""
