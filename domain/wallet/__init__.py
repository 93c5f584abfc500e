"""The double-entry ledger and the wallets on it."""
