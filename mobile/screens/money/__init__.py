"""Wallet figure and purchases."""
