"""Help, links and outages."""
