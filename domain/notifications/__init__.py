"""Telling people: what goes out by SMS and mail, and through which ports."""
