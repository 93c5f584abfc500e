"""The viewer's feed of notices."""
