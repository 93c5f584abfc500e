"""Digests of what is never changed in the ledger: any byte that differs from what was booked shows (SHA-256, hex)."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

TRANSFER = ("id", "organization_id", "posted_at", "reason", "by", "cause_kind", "cause_id", "memo", "reverses_id")
ENTRY = ("id", "organization_id", "transfer_id", "ledger_account_id", "seq", "posted_at", "amount", "balance_after", "path")
ACCOUNT = ("id", "organization_id", "kind", "owner_kind", "owner_id", "floor", "ceiling", "lot_months")
HOLD = ("id", "organization_id", "ledger_account_id", "amount", "cause_kind", "cause_id", "held_at")
LOT = ("id", "organization_id", "ledger_account_id", "transfer_id", "amount", "created_at", "expires_at")


def written(names: tuple[str, ...], row: Mapping[str, Any]) -> bytes:
    """Some values of a row as they are digested: JSON, instants in UTC, keys in order."""
    values = [row[name] for name in names]
    return msgspec.json.encode([value.astimezone(UTC) if isinstance(value, datetime) else value for value in values], order="sorted")


def of_entry(transfer: bytes, entry: Mapping[str, Any]) -> str:
    """Of an entry together with its transfer as `written`, which so is sealed by each of its sides."""
    return hashlib.sha256(transfer + written(ENTRY, entry)).hexdigest()


def of_row(names: tuple[str, ...], row: Mapping[str, Any]) -> str:
    """Of a ledger account's terms, a hold or a lot: what of it never changes."""
    return hashlib.sha256(written(names, row)).hexdigest()
