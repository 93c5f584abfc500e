"""The overview tab: five figures, bundles in order of use, validity."""

from typing import Any

from kivy.metrics import dp
from kivy.uix.widget import Widget

from mobile.widgets.bars import freshness
from mobile.widgets.box import Column, Line, Row, Strip, Toned, card
from mobile.widgets.look import look
from mobile.widgets.meters import Meter
from mobile.widgets.rows import labelled, note, section
from mobile.widgets.text import Figure, Icon, Text, Word

SMALL = (("debt", "currentCharge"), ("remainingCreditLimit", "balance"))


def cards(page: Any) -> list[Widget]:
    """What the line owes and has."""
    sim = page.model.sim
    return [_figures(page, sim["figures"]), _bundles(page, sim["buckets"]), _validity(page, sim["validity"])]


def _figures(page: Any, figures: dict[str, Any] | None) -> Widget:
    say = look.say
    if figures is None:
        return note(say("figure.no_right"), "lock-outline")
    main = "payable" if figures["payable"] is not None else "balance"
    words = say("fresh.as_of", time=say.day(figures["asOf"], page.model.services.now()), source=say(f"source.{figures['source']}"))
    head = Row(Text(say(f"figure.{main}"), 14, 400, "second"), freshness(words), spacing=dp(8))
    panel = card(head, _money(figures[main], 28, 700, 14), Line())
    is_narrow = look.is_large
    for pair in SMALL:
        names = [name for name in pair if name != main]
        parts = [labelled(say(f"figure.{name}"), _money(figures[name], 16, 500, 12)) for name in names]
        for group in [[part] for part in parts] if is_narrow else [parts]:
            panel.add_widget(Row(*group, spacing=dp(8)))
    return panel


def _money(money: dict[str, Any] | None, size: float, weight: int, unit_size: float) -> Widget:
    say = look.say
    return Figure(say.amount(money), say.rial if money else "", size, weight, unit_size=unit_size)


def _bundles(page: Any, buckets: list[dict[str, Any]]) -> Widget:
    say = look.say
    panel = card(section(say("bundles.title"), Word(say("bundles.order"), 12, 400, "second")), spacing=dp(12))
    if not buckets:
        panel.add_widget(Text(say("bundles.none"), 14, 400, "second", lines=None))
    for bucket in sorted(buckets, key=lambda one: one["priority"]):
        panel.add_widget(_bundle(page, bucket))
    return panel


def _bundle(page: Any, bucket: dict[str, Any]) -> Widget:
    say = look.say
    is_active = bucket["status"] == "ACTIVE"
    badge = Strip(role="container" if is_active else "neutral", radius=12, size_hint=(None, None), size=(dp(22), dp(22)))
    badge.add_widget(Text(say.number(bucket["priority"]), 12, 700, "on_container" if is_active else "second", align="center"))
    left, _ = say.volume(bucket["remaining"], like=bucket["total"])
    end = [Word(left, 14, 700), Word(say("bundles.left_of", total=say.volume_text(bucket["total"])), 14, 400, "second", most=130)]
    if not is_active:
        end = [Word(say(f"bundles.{bucket['status']}"), 14, 400, "second")]
    value = Row(*end, spacing=dp(4), size_hint_x=None)
    value.bind(minimum_width=value.setter("width"))
    block = Column(Row(badge, Text(bucket["name"], 14, 500, lines=None), value, spacing=dp(8)), spacing=dp(6))
    if is_active:
        total = int(bucket["total"]["amount"]) or 1
        shares = [(int(bucket[part]["amount"]) / total, role) for part, role in (("remaining", "meter"), ("reserved", "meter_reserve"))]
        block.add_widget(Meter(shares))
    block.add_widget(_under(page, bucket))
    return block


def _under(page: Any, bucket: dict[str, Any]) -> Widget:
    """When it ends, what is held, how far it may overrun."""
    say, now, valid = look.say, page.model.services.now(), bucket["validFor"]
    if bucket["status"] == "QUEUED":
        later = valid["startsAt"] and valid["startsAt"] > now.isoformat()
        words = say("bundles.starts", date=say.date(valid["startsAt"], with_year=False)) if later else say("bundles.starts_first_use")
        return Text(words, 12, 400, "second")
    if valid["endsAt"]:
        words = say("bundles.until", date=say.date(valid["endsAt"], with_year=False), days=say.days_left(valid["endsAt"], now))
    else:
        words = say("bundles.open_end")
    if bucket["isShared"]:
        words = f"{say('bundles.shared')} · {words}"
    if int(bucket["maxOverrun"]["amount"]):
        words += " · " + say("bundles.overrun", amount=say.volume_text(bucket["maxOverrun"]))
    row = Row(Text(words, 12, 400, "second", lines=None), spacing=dp(8))
    if int(bucket["reserved"]["amount"]):
        held, _ = say.volume(bucket["reserved"], like=bucket["total"])
        dot = Toned(size_hint=(None, None), size=(dp(8), dp(8)))
        dot.tone(look.colour("meter_reserve"), radius=2)
        row.add_widget(dot)
        row.add_widget(Word(say("bundles.reserved", amount=held), 12, 400, "second", most=170))
    return row


def _validity(page: Any, validity: dict[str, Any]) -> Widget:
    say, until = look.say, validity["validUntil"]
    words = Column(Text(say("validity.title"), 14, 500), spacing=dp(2))
    words.add_widget(Text(say("validity.until", date=say.date(until)) if until else say("validity.open"), 12, 400, "second"))
    if validity["graceUntil"]:
        words.add_widget(Text(say("validity.grace", date=say.date(validity["graceUntil"])), 12, 400, "second"))
    row = Row(Icon("calendar-clock", 24, "primary"), words, spacing=dp(12))
    if until:
        row.add_widget(Word(say.days_left(until, page.model.services.now()), 14, 400, "second"))
    return card(row)
