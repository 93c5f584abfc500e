"""Transfers between wallets on the wire."""
