"""How data is kept open: SQL sessions, documents, outbox."""
