"""Signing in, sessions, and who is asking."""
