"""The Kivy app: knows the server by its schema alone."""
