"""The APN tab: each active access point with its bearer."""

from decimal import Decimal
from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.screens.page import trouble
from mobile.state.loading import Phase
from mobile.widgets.bars import freshness
from mobile.widgets.box import Line, Row, card
from mobile.widgets.buttons import Disc
from mobile.widgets.chips import tag
from mobile.widgets.look import look
from mobile.widgets.rows import KeyValue
from mobile.widgets.states import StateView, bone, bone_card
from mobile.widgets.text import Text

RATES = ((1_000_000, "unit.mbit"), (1_000, "unit.kbit"), (1, "unit.bit"))


def cards(page: Any) -> list[Widget]:
    """One card for each access point."""
    say, model = look.say, page.model.apns
    if model.phase is Phase.LOADING:
        return [bone_card(bone(160, 16), bone(None, 12), bone(None, 12), bone(None, 12)) for _ in range(2)]
    if model.phase is Phase.EMPTY:
        return [_sized(StateView("web", "container", say("apn.none"), say("apn.none_text")))]
    if model.phase is not Phase.READY:
        return [_sized(trouble(model.failure, lambda: page.run(model.load())))]
    first = model.rows[0]
    words = say("fresh.as_of", time=say.day(first["asOf"], page.model.services.now()), source=say(f"source.{first['source']}"))
    head = Row(Text(say.phone(page.model.sim["msisdn"]), 12, 400, "second"), freshness(words), padding=(dp(4), 0))
    return [head, *(_card(row) for row in model.rows)]


def _sized(view: StateView) -> StateView:
    view.size_hint_y, view.height = None, dp(360)
    return view


def _card(row: dict[str, Any]) -> Widget:
    say = look.say
    state = tag(say("apn.active"), "ok", "check-circle") if row["isActive"] else tag(say("apn.inactive"), "neutral", "close")
    kind = say("apn.private") if row["isPrivate"] else say("apn.public")
    head = Row(
        Disc("lock-outline" if row["isPrivate"] else "web", "container"),
        Text(say.code(row["networkIdentifier"]), 16, 500),
        state,
        spacing=dp(12),
    )
    panel = card(head, Text(kind, 12, 400, "second"), Line(), spacing=dp(10))
    for key, value in _facts(row):
        if value:
            panel.add_widget(KeyValue(say(f"apn.{key}"), value))
    return panel


def _facts(row: dict[str, Any]) -> list[tuple[str, str]]:
    say = look.say
    address = say(f"apn.ip.{row['ipAllocation']}")
    if row["staticAddress"]:
        address = say.code(row["staticAddress"])
    authentication = say("apn.auth.NONE") if row["authType"] == "NONE" else row["authType"]
    return [
        ("ipAllocation", address),
        ("pdnType", say.code(row["pdnType"])),
        ("authType", authentication),
        ("ambr", _speeds(row["ambrDownlink"], row["ambrUplink"])),
        ("qosClass", str(row["qosClass"] or "")),
        ("arp", str(row["arp"] or "")),
        ("charging", say.code(row["chargingCharacteristics"]) if row["chargingCharacteristics"] else ""),
        ("operatorIdentifier", say.code(row["operatorIdentifier"]) if row["operatorIdentifier"] else ""),
        ("visited", say("apn.allowed") if row["isVisitedAllowed"] else say("apn.forbidden")),
        ("since", say.date(row["activatedAt"]) if row["activatedAt"] else ""),
    ]


def _speeds(down: str | None, up: str | None) -> str:
    """Both ceilings in one unit, the larger one's."""
    bits = [Decimal(one) for one in (down, up) if one]
    if not bits:
        return ""
    size, unit = next(rate for rate in RATES if max(bits) >= rate[0] or rate[0] == 1)
    return f"{look.say.code(' / '.join(look.say.number(one / size, 1) for one in bits))} {look.say(unit)}"
