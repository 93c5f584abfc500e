"""One request to support, and writing a new one."""
