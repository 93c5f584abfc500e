"""The receipt of a purchase."""
