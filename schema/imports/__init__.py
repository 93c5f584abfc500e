"""Files in, as a client asks for them."""
