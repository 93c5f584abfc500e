"""Legal entities and their account trees, with effective dates."""
