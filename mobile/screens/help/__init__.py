"""Help: articles, links, and the way to a request."""
