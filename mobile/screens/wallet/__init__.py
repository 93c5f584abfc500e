"""The wallet, its movements, a month's statement, and one movement to its cause."""
