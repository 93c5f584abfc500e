"""One row of a SIM list, shaped once into text: number, holder, what is left, what is due."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mobile.state.speech import Speech

LOW = Decimal("0.1")
# Tone and icon of each status; the word stands beside them, so colour only repeats it.
STATUS_LOOK = {
    "ACTIVE": ("ok", "check-circle"),
    "READY_TO_ACTIVATE": ("info", "clock-outline"),
    "BLOCKED": ("error", "cancel"),
    "SUSPENDED": ("warning", "pause-circle-outline"),
    "CAP_EXCEEDED": ("warning", "speedometer"),
    "IMEI_MISMATCH": ("violet", "cellphone-remove"),
    "TERMINATED": ("neutral", "close"),
}


@dataclass(frozen=True)
class SimRow:
    """Texts and shares of one row."""

    id: str
    number: str
    detail: str
    tone: str
    icon: str
    right: str
    right_tone: str
    due: str
    share_left: float | None


def shape_row(node: dict[str, Any], say: Speech) -> SimRow:
    """A node of the fleet page as a row."""
    tone, icon = STATUS_LOOK[node["status"]]
    holder = (node["holder"] or {}).get("name")
    detail = " · ".join(part for part in (holder, _second(node, say)) if part)
    due = _due(node["figures"], say)
    number = say.phone(node["msisdn"]) if node["msisdn"] else say.code(node["iccid"])
    bucket = next((one for one in node["buckets"] if one["remaining"]["unit"] == "BYTE"), next(iter(node["buckets"]), None))
    if node["status"] != "ACTIVE" or bucket is None:
        word = say(f"status.{node['status']}") if node["status"] != "ACTIVE" else say("sim.no_bundle")
        return SimRow(node["id"], number, detail, tone, icon, word, tone if node["status"] != "ACTIVE" else "second", due, None)
    total = Decimal(bucket["total"]["amount"])
    share = Decimal(bucket["remaining"]["amount"]) / total if total else Decimal(0)
    is_low = share < LOW
    if is_low:
        tone, icon = "warning", "gauge"
    right = say.volume_text(bucket["remaining"])
    return SimRow(node["id"], number, detail, tone, icon, right, "warning" if is_low else "text", due, float(share))


def _second(node: dict[str, Any], say: Speech) -> str | None:
    if node["statusReason"] and node["status"] in ("BLOCKED", "SUSPENDED"):
        return say(f"reason.{node['statusReason']}")
    return (node["plan"] or {}).get("name")


def _due(figures: dict[str, Any] | None, say: Speech) -> str:
    """What is to be paid; a prepaid line has a balance instead, and without the right there is nothing."""
    if figures is None:
        return ""
    payable = figures["payable"]
    if payable is None:
        return say.money(figures["balance"]) if figures["balance"] else ""
    return say.money(payable) if Decimal(payable["amount"]) else say("sim.nothing_due")
