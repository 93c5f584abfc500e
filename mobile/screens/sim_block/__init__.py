"""Blocking and unblocking, plan first."""
