"""Tickets of the demo companies, as their talk and the rules of the desk bring them about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.accounts.tables import Account, NumberSeries
from domain.kernel.calendar import JalaliDay
from domain.kernel.ids import Kind
from domain.kernel.scope import ActorRef
from domain.tickets import rules
from domain.tickets.desk import DESK
from domain.tickets.documents import TicketMessage
from domain.tickets.states import TicketPriority, TicketState
from domain.tickets.tables import Ticket
from seeds.companies import Company
from seeds.dice import Dice, id_at
from seeds.identities import ALBORZ, BALKAN, MARIYA, NIKAZIN, OMID, SARA, VERA, Identity
from seeds.lines import Line
from store.session import Session
from store.upsert import insert_all, insert_or_ignore

S, P = TicketState, TicketPriority


@dataclass(frozen=True, slots=True)
class Said:
    """A turn of the talk so long after the one before: words, a move, or both."""

    by: Identity
    after: timedelta
    text: str
    state: TicketState | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A ticket from its opening on; `msisdn` is the line it is about."""

    legal_id: str
    account: str
    ago: timedelta
    title: str
    priority: TicketPriority
    talk: Sequence[Said]
    msisdn: str | None = None


def _hours(number: float) -> timedelta:
    return timedelta(hours=number)


NONE = timedelta(0)
STORIES: Sequence[Story] = (
    Story(
        NIKAZIN, "100", timedelta(days=41), "دو شماره در فهرست مخاطبان سازمان جابه‌جا شده است", P.LOW,
        (
            Said(SARA, NONE, "لطفاً شمارهٔ انبار قم و پایانهٔ رشت را در فهرست درست کنید."),
            Said(VERA, _hours(20), "درست شد؛ لطفاً نگاه کنید."),
            Said(VERA, _hours(1), "منتظر تأیید شما هستیم.", S.RESOLVED),
            Said(SARA, _hours(30), "سپاس، درست است.", S.CLOSED),
        ),
    ),
    Story(
        NIKAZIN, "110", timedelta(days=5), "سیم‌کارت خودرو ۲۱ گم شده است", P.HIGH,
        (
            Said(OMID, NONE, "خودرو ۲۱ دیشب در قزوین بی‌سیم‌کارت برگشت. خط را مسدود کردیم؛ سیم‌کارت جایگزین می‌خواهیم."),
            Said(VERA, _hours(2), "سیم‌کارت یدک شما آماده است؛ با همین شماره می‌توان فعالش کرد."),
            Said(OMID, _hours(3), "بسیار خوب، فردا در انبار عوضش می‌کنیم."),
            Said(VERA, _hours(16), "اگر چیز دیگری لازم شد، همین‌جا بنویسید.", S.RESOLVED),
        ),
        "+989360001107",
    ),
    Story(
        NIKAZIN, "100", timedelta(days=1, hours=4), "کارکرد مهرماه با گزارش ما نمی‌خواند", P.MEDIUM,
        (
            Said(SARA, NONE, "جمع پیامک‌های فروش تهران در گزارش ما ۴۱۲ تاست، نزد شما ۴۳۸ تا. ریز کارکرد را بفرستید."),
            Said(VERA, _hours(5), "پیامک‌های بلند دو یا سه بخش دارند و هر بخش شمرده می‌شود. در حال تهیهٔ ریز هستیم."),
        ),
    ),
    Story(
        NIKAZIN, "100", timedelta(hours=20), "بستهٔ ماهانه روی خط کاوه بهرامی دیر فعال شد", P.MEDIUM,
        (
            Said(SARA, NONE, "خرید ساعت ۹ انجام شد ولی تا ظهر اینترنت نداشت."),
            Said(VERA, _hours(1.5), "لطفاً بنویسید گوشی پس از خرید خاموش و روشن شده است یا نه.", S.PENDING),
        ),
        "+989350000418",
    ),
    Story(
        NIKAZIN, "110", timedelta(days=9), "پیامک‌های خودرو ۱۹ نمی‌رسد", P.HIGH,
        (Said(OMID, NONE, "ردیاب خودرو ۱۹ از دیروز پیامک نمی‌گیرد. اینترنتش درست است. لطفاً نگاه کنید."),),
        "+989360001107",
    ),
    Story(
        NIKAZIN, "110", timedelta(minutes=38), "APN شرکت روی دوربین انبار ۲ کار نمی‌کند", P.MEDIUM,
        (Said(OMID, NONE, "پس از تعویض دستگاه، دوربین به nikazin.corp وصل نمی‌شود. IMEI نو را هم بپذیرید."),),
        "+989010004470",
    ),
    Story(
        ALBORZ, "A-1", timedelta(days=2), "Sensors drop off the network at night", P.HIGH,
        (
            Said(SARA, NONE, "Six sensors of the refrigerated fleet lose their session between 2 and 3 a.m. and come back by themselves."),
            Said(VERA, _hours(3), "We see a maintenance window of one cell near Saveh. The radio team has been asked."),
            Said(SARA, _hours(9), "It happened again last night, on the same six."),
        ),
    ),
    Story(
        BALKAN, "B-1", timedelta(hours=3), "Моля, преместете две карти в склада", P.LOW,
        (Said(MARIYA, NONE, "Двама шофьори вече работят в склада в Техеран. Как да преместим картите им от понеделник?"),),
    ),
)  # fmt: skip


async def seed_tickets(
    session: Session,
    dice: Dice,
    company: Company,
    accounts: Mapping[tuple[str, str], Account],
    lines: Sequence[Line],
    actors: Mapping[str, ActorRef],
    *,
    at: datetime,
) -> None:
    """Tells the stories of one company."""
    draw, by_number = dice.stream(f"tickets:{company.legal_id}"), {line.msisdn: line for line in lines}
    numbers: dict[str, int] = {}
    tickets: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    for story in STORIES:
        if story.legal_id != company.legal_id:
            continue
        opened_at, account = at - story.ago, accounts[story.legal_id, story.account]
        about = by_number[story.msisdn] if story.msisdn else None
        series = f"TK-{JalaliDay.of(opened_at).year}"
        numbers[series] = numbers.get(series, 0) + 1
        number = f"{series}-{numbers[series]:05}"
        department = DESK.department(Kind.SIM if about else None).name
        ticket: dict[str, Any] = {
            "id": id_at(draw, opened_at), "organization_id": account.organization_id, "number": number,
            "path": about.path if about else account.path, "title": story.title, "department": department,
            "search": rules.search_text(number, story.title, department, story.talk[0].text),
            "priority": story.priority, "about_kind": Kind.SIM.value if about else None, "about_id": about.id if about else None,
            "by": actors[story.talk[0].by.mobile].as_json(), "opened_at": opened_at, "assignee_id": None,
        }  # fmt: skip
        state, since, due, closes, moment = S.ACKNOWLEDGED, opened_at, None, None, opened_at
        for turn, said in enumerate(story.talk):
            actor, moment = actors[said.by.mobile], moment + said.after
            side, before = rules.side_of(actor), state if turn else None
            if before is not None:
                ticket["search"] = rules.searched(ticket["search"], said.text)
                if (after := rules.moved(side, before, closes, moment, wanted=said.state, is_spoken=True)) is not before:
                    state, since = after, moment
            closes = rules.closes_at(before, state, closes=closes, at=moment)
            due = rules.due_at(side, before, state, story.priority, department=department, due=due, is_spoken=True, at=moment)
            if actor.is_operator:
                ticket["assignee_id"] = actor.person_id
            messages.append(
                {
                    "_id": id_at(draw, moment), "organization_id": account.organization_id, "ticket_id": ticket["id"],
                    "at": moment.replace(microsecond=0), "by": actor.as_json(), "text": said.text, "files": [],
                }
            )  # fmt: skip
        tickets.append(ticket | {"state": state, "state_since": since, "due_at": due, "closes_at": closes})
    if not tickets:
        return
    await insert_all(session, Ticket, tickets)
    organization_id = tickets[0]["organization_id"]
    last = [{"organization_id": organization_id, "series": series, "last": number} for series, number in numbers.items()]
    await insert_or_ignore(session, NumberSeries, last)
    talk = TicketMessage.get_pymongo_collection()
    await talk.delete_many({"organization_id": organization_id})  # of an attempt that was cut off
    await talk.insert_many(messages)
