"""Lists as files, as a client asks for them."""
