"""The jobs one has begun."""
