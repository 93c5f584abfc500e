"""Bills of an account, one bill, its lines, and a line with the usage behind it."""
