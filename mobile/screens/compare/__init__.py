"""Two bills compared, down to lines."""
