"""The business, in vertical areas that share the same file names."""
