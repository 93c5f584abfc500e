"""Signing in by number or e-mail."""
