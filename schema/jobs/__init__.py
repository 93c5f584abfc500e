"""Work in the background, as a client sees it."""
