"""Setting a password by a one-time code."""
