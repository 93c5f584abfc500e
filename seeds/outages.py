"""Outages of the demo world: one going on, and one that is over."""

from datetime import datetime, timedelta

from domain.content.tables import Incident
from domain.kernel.locale import Locale
from domain.kernel.quantity import UsageType
from seeds.dice import Dice, id_at
from store.session import Session
from store.upsert import insert_all

GOING_ON = {
    Locale.FA: {
        "title": "کندی اینترنت در قم و کاشان",
        "text": "فیبر نوری در جادهٔ قم آسیب دیده است. تماس و پیامک کار می‌کند؛ اینترنت کند است. گروه فنی در محل است.",
    },
    Locale.EN: {
        "title": "Slow internet in Qom and Kashan",
        "text": "A fibre near Qom is damaged. Calls and SMS work; data is slow. Our engineers are on site.",
    },
    Locale.RU: {
        "title": "Медленный интернет в Куме и Кашане",
        "text": "Повреждена оптика под Кумом. Звонки и SMS работают, интернет медленный. Бригада на месте.",
    },
    Locale.BG: {
        "title": "Бавен интернет в Кум и Кашан",
        "text": "Повредена е оптична линия край Кум. Разговорите и SMS работят, интернетът е бавен. Екипът е на място.",
    },
}
OVER = {Locale.FA: {"title": "تأخیر در رسیدن پیامک‌ها", "text": "پیامک‌ها با تأخیر می‌رسید. برطرف شد."}}


async def seed_outages(session: Session, dice: Dice, *, at: datetime) -> None:
    """The first one is open-ended, so that a demo of any age shows it."""
    draw, began = dice.stream("outages"), at - timedelta(hours=2)
    past = at - timedelta(days=12)
    rows = [
        {"id": id_at(draw, began), "words": GOING_ON, "services": [UsageType.DATA], "starts_at": began, "ends_at": None},
        {"id": id_at(draw, past), "words": OVER, "services": [UsageType.SMS], "starts_at": past, "ends_at": past + timedelta(hours=5)},
    ]
    await insert_all(session, Incident, [{**row, "locale": Locale.FA} for row in rows])
