"""What every area of the business shares; no input or output."""
