"""What every part of the demo company stands on: its clock, its words, its switches, and the shape of plans."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mobile.demo.names import LANGUAGES, NAMES

NOW = datetime(2026, 11, 9, 6, 52, tzinfo=UTC)
CODE = "407126"
PASSWORD = "teapot granite 41 willow"
VAT_PERCENT = 10


class Ground:
    """The switches for what can go wrong, and how everything else says names, instants, prices, pages and plans."""

    def __init__(self, now: Callable[[], datetime] = lambda: NOW) -> None:
        self.now = now
        self.asked: list[str] = []
        self.delay = 0.0
        self.is_offline = False
        self.is_ended = False
        self.is_broken = False
        self.is_plan_stale = False
        self.denied: set[str] = set()
        self.wallet = 615_300_000
        self._language = "fa"
        self._applied: dict[str, dict[str, Any]] = {}

    def speak(self, language: str) -> None:
        """Names things in that language from now on, as the next request would."""
        self._language = language

    def _name(self, key: str) -> str:
        return NAMES[key][LANGUAGES.index(self._language)] if key in NAMES else key

    def _at(self, **back: float) -> str:
        return (self.now() - timedelta(**back)).isoformat()

    def _plan(self, changes: list[dict[str, Any]], left_out: list[dict[str, Any]], total: Any) -> dict[str, Any]:
        token = str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([changes, left_out, total], ensure_ascii=False)))
        return {
            "token": token,
            "changeCount": len(changes),
            "changes": changes,
            "exclusionCount": len(left_out),
            "exclusions": left_out,
            "total": total,
        }

    def _stale(self, plan: dict[str, Any]) -> dict[str, Any]:
        self.is_plan_stale = False
        return {"__typename": "PlanStale", "code": "PLAN_STALE", "message": self._name("stale"), "field": None, "plan": plan}

    def _price(self, net: int) -> dict[str, Any]:
        vat = net * VAT_PERCENT // 100
        return {
            "net": {"amount": str(net)},
            "vat": {"amount": str(vat)},
            "vatRate": str(VAT_PERCENT),
            "gross": {"amount": str(net + vat), "currency": "IRR"},
        }
