"""GraphQL documents that organizations have registered for their own programs."""
