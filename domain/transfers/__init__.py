"""Moving money between the wallets of one company, under policies that are data."""
