"""Who looked at the data and who changed what."""
