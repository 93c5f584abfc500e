"""Wallets and the ledger on the wire."""
