"""What every area of the schema shares: scalars, ids, pages, failures, context."""
