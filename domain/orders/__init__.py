"""Purchases: pricing, placing, provisioning, receipts."""
