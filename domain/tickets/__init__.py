"""Requests and complaints of a company."""
