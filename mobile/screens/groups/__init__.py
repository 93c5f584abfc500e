"""Groups, one group, its automatic payments."""
