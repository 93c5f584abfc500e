"""Bringing a company's accounts and SIM cards in from files."""
