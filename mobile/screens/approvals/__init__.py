"""Approvals with one-tap answers, budgets, and standing in."""
