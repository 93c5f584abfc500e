"""Servers that others would have written, in environments of their own; none of them checks a token or a scope."""
