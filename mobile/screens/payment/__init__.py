"""Paying: how, the outcome, and moving money."""
