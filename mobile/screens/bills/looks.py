"""How bills look: icon and tone of where a bill stands, what its row says, the picture of a service."""

from datetime import datetime
from typing import Any

from mobile.state.bills import standing
from mobile.state.speech import TEHRAN
from mobile.widgets.look import look

LOOKS = {
    "PREVIEW": ("progress-clock", "neutral"),
    "NEW": ("clock-outline", "neutral"),
    "ON_HOLD": ("pause-circle-outline", "warning"),
    "VALIDATED": ("check", "neutral"),
    "SENT": ("clock-outline", "info"),
    "PARTIALLY_PAID": ("clock-outline", "info"),
    "SETTLED": ("check-circle", "ok"),
    "OVERDUE": ("alert-circle-outline", "error"),
    "DISPUTED": ("message-text-outline", "warning"),
}
SERVICES = {"DATA": "web", "VOICE": "phone-outgoing", "SMS": "message-outline"}
KINDS = {"SUBSCRIPTION": "sim", "ONE_OFF": "cart-outline", "CREDIT": "history", "NOTE": "receipt-text-outline"}


def detail(bill: dict[str, Any], now: datetime) -> str:
    """Due and how long, since when it is late, when it was paid, or how much of it is disputed."""
    say = look.say
    disputed = sum(len(dispute["lines"]) for dispute in bill["disputes"] if dispute["state"] == "OPEN")
    if disputed:
        return say("bill.disputed_lines", disputed)
    if standing(bill) == "SETTLED":
        paid = max((one["finishedAt"] for one in bill["payments"] if one["state"] == "SETTLED" and one["finishedAt"]), default=None)
        return say("bill.paid_at", date=say.date(paid, with_year=False)) if paid else say("bill.issued_at", date=_day(bill["issuedAt"]))
    return due(bill, now) if bill["dueAt"] else ""


def due(bill: dict[str, Any], now: datetime) -> str:
    """When it is due and how many days that is from now."""
    say = look.say
    days = (datetime.fromisoformat(bill["dueAt"]).astimezone(TEHRAN).date() - now.astimezone(TEHRAN).date()).days
    words = say("bill.days_late", -days) if days < 0 else say("bill.days_left", days)
    return f"{say('bill.due_at', date=_day(bill['dueAt']))} · {words}"


def picture(line: dict[str, Any]) -> str:
    """The icon of a line."""
    return KINDS.get(line["kind"]) or SERVICES.get(line["service"] or "", "gauge")


def _day(instant: str) -> str:
    return look.say.date(instant, with_year=False)
