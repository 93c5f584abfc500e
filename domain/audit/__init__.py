"""What was done and who looked: the write path, the audit chain, the access log."""
