"""Postpaid accounts: what they have run up, their bills, deposits and debts."""
