"""Open sessions of the person."""
