"""What will change, before anything does."""
