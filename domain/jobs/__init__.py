"""Work over many rows that runs in the background, chunk by chunk, each row exactly once."""
