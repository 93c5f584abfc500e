"""Outside systems behind the domain's ports."""
