"""The tree in time: accounts and SIM cards move from an instant on, and the present is kept as the dates say."""
