"""The account tree as of a day."""
