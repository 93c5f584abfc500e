"""A job while it runs, and stopping it."""
