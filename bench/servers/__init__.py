"""The processes that are measured and run in our environment."""
