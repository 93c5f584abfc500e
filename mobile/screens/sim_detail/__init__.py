"""One SIM card with its four tabs."""
