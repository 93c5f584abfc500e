"""What a line has: products and the buckets they granted."""
