"""Editing what SIM cards are known by, plan first."""
