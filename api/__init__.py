"""The door: HTTP application, settings and entry points; no business words."""
