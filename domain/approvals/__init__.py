"""Budgets, and who has to say yes before money is spent."""
