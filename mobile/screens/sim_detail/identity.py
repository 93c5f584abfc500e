"""The identity tab: identifiers, holder and costs, state, where it stood."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.widgets.box import Row, card
from mobile.widgets.buttons import PillButton
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue, section
from mobile.widgets.text import Text, Word


def cards(page: Any) -> list[Widget]:
    """Four cards of names and values."""
    sim = page.model.sim
    return [
        _facts("identity.identifiers", _identifiers(sim)),
        _facts("identity.holder", _holder(sim), _edit(page)),
        _facts("identity.state", _state(sim)),
        _places(sim),
    ]


def _edit(page: Any) -> Widget | None:
    if not page.model.may("SIM_EDIT"):
        return None
    return PillButton(look.say("action.edit"), page.edit, "plain", size=14, height=32, is_fitted=True)


def _facts(title: str, facts: list[tuple[str, str | None]], end: Widget | None = None) -> Widget:
    say = look.say
    panel = card(section(say(title), end), spacing=dp(10))
    for name, value in facts:
        if value:
            panel.add_widget(KeyValue(name, value))
    return panel


def _identifiers(sim: dict[str, Any]) -> list[tuple[str, str | None]]:
    say = look.say
    return [
        (say("identity.msisdn"), say.phone(sim["msisdn"])),
        ("ICCID", say.code(sim["iccid"])),
        ("IMSI", say.code(sim["imsi"])),
        ("IMEI", say.code(sim["imei"]) if sim["imei"] else None),
        (say("identity.lockedImei"), say.code(sim["lockedImei"]) if sim["lockedImei"] else say("identity.unlocked")),
    ]


def _holder(sim: dict[str, Any]) -> list[tuple[str, str | None]]:
    say, holder, centre = look.say, sim["holder"] or {}, sim["costCentre"]
    return [
        (say("identity.name"), holder.get("name")),
        (say("identity.employeeNumber"), say.code(holder["employeeNumber"]) if holder.get("employeeNumber") else None),
        (say("identity.costCentre"), f"{centre['name']} · {say.code(centre['code'])}" if centre else None),
        (say("identity.account"), sim["account"]["name"]),
        (say("identity.plan"), sim["plan"]["name"] if sim["plan"] else None),
        (say("identity.paymentMode"), say(f"mode.{sim['paymentMode']}")),
        (say("identity.tags"), "، ".join(sim["tags"]) if say.is_rtl else ", ".join(sim["tags"])),
    ]


def _state(sim: dict[str, Any]) -> list[tuple[str, str | None]]:
    say, reason = look.say, sim["statusReason"]
    return [
        (say("identity.state"), say(f"status.{sim['status']}")),
        (say("identity.reason"), say(f"reason.{reason}") if reason else None),
        (say("identity.since"), say.date(sim["statusSince"])),
        (say("identity.resumes"), say.date(sim["resumesAt"]) if sim["resumesAt"] else None),
        (say("identity.barring"), say(f"barring.{sim['barring']}")),
        (say("identity.activated"), say.date(sim["validity"]["activatedAt"]) if sim["validity"]["activatedAt"] else None),
    ]


def _places(sim: dict[str, Any]) -> Widget:
    say = look.say
    panel = card(section(say("identity.placements")), spacing=dp(10))
    for place in sim["placements"]:
        valid = place["validFor"]
        start = say.date(valid["startsAt"])
        words = (
            say("identity.between", **{"from": start, "to": say.date(valid["endsAt"])})
            if valid["endsAt"]
            else say("identity.from", date=start)
        )
        panel.add_widget(
            Row(Word(place["account"]["name"], 14, 500, most=150), Text(words, 12, 400, "second", align="end", lines=2), spacing=dp(12))
        )
    return panel
