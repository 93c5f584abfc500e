"""Payments and vouchers on the wire."""
