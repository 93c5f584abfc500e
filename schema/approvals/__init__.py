"""Budgets, amount bands, stand-ins and approvals."""
