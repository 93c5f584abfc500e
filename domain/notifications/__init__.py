"""Telling people: their feed of notices, and what goes out by SMS and mail, and through which ports."""
