"""The company whose fleet is read: fifty depots of four hundred SIM cards, three buckets a card, and its profile manager."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from stdnum import luhn

from domain.accounts.service import make_account, make_organization
from domain.accounts.tables import Account, PaymentMode
from domain.bundles.tables import Bucket, BucketStatus
from domain.kernel.locale import Locale
from domain.kernel.permissions import Role
from domain.kernel.quantity import FigureSource, UsageType
from domain.kernel.text import fold
from domain.people.tables import Membership, Person
from domain.sims.states import SimStatus, SimStatusReason
from domain.sims.tables import Sim
from seeds import names
from seeds.catalogue import offering_id, seed_catalogue
from seeds.dice import id_at
from seeds.names import Script
from store.session import Database, Session
from store.upsert import insert_all

LEGAL_ID = "10320894878"
LANGUAGE = Locale.FA
MANAGER = "fleet.manager@bench.example"
DEPOTS, CARDS = 50, 400
AT_ONCE = 2_000
MEGABYTE = 1024 * 1024
GRANTS = ((UsageType.DATA, 10_240 * MEGABYTE), (UsageType.VOICE, 500 * 60), (UsageType.SMS, 100))
PLANS = ("PLAN-STANDARD", "PLAN-PROFESSIONAL")


async def make_company(database: Database, *, at: datetime, depots: int = DEPOTS, cards: int = CARDS) -> None:
    """Puts the company into a database, all of it or nothing; an instant always gives the same one."""
    draw, since = Random("bench"), at - timedelta(days=200)
    async with database.write() as session:
        await seed_catalogue(session, at)
        organization_id = id_at(draw, since)
        await make_organization(session, id=organization_id, name="Bench Haulage", legal_id=LEGAL_ID, locale="EN", at=since)
        root = await _account(session, draw, organization_id, "0", None, since)
        places = [await _account(session, draw, organization_id, f"{number}", root.id, since) for number in range(1, depots + 1)]
        name = "Fleet Manager"
        person = Person(id=id_at(draw, since), name=name, name_fold=fold(name), email=MANAGER, locale=LANGUAGE, created_at=since)
        session.add(person)
        await session.flush()
        session.add(
            Membership(
                id=id_at(draw, since), organization_id=organization_id, person_id=person.id, role=Role.PROFILE_MANAGER,
                account_id=root.id, valid_from=since,
            )
        )  # fmt: skip
        fleet = [_card(draw, place, serial, at) for serial, place in enumerate(place for place in places for _ in range(cards))]
        await _insert(session, Sim, fleet)
        await _insert(session, Bucket, [bucket for card in fleet for bucket in _buckets(draw, card, at)])


async def _account(
    session: Session, draw: Random, organization_id: UUID, number: str, parent_id: UUID | None, at: datetime
) -> Account:
    return await make_account(
        session, organization_id, id=id_at(draw, at), number=number, name=f"انبار {number}" if parent_id else "Bench Haulage",
        parent_id=parent_id, payment_mode=PaymentMode.POSTPAID, at=at,
    )  # fmt: skip


async def _insert(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        await insert_all(session, table, rows[start : start + AT_ONCE])


def _card(draw: Random, depot: Account, serial: int, at: datetime) -> dict[str, Any]:
    digits = f"899835{serial:012d}"
    iccid, msisdn = digits + luhn.calc_check_digit(digits), f"+98935{(serial * 7919) % 10**7:07d}"
    holder = names.person(draw, draw.choice(tuple(Script))) if draw.random() < 0.95 else None
    is_blocked, is_prepaid = draw.random() < 0.05, draw.random() < 0.2
    seen = at - timedelta(minutes=draw.randrange(1, 90 * 24 * 60))
    return {
        "id": id_at(draw, seen), "organization_id": depot.organization_id, "account_id": depot.id, "path": depot.path, "msisdn": msisdn,
        "iccid": iccid, "imsi": f"43235{serial:010d}", "status": SimStatus.BLOCKED if is_blocked else SimStatus.ACTIVE,
        "status_reason": SimStatusReason.LOST if is_blocked else None, "status_since": seen,
        "payment_mode": PaymentMode.PREPAID if is_prepaid else PaymentMode.POSTPAID, "activated_at": seen, "holder_name": holder,
        "holder_fold": fold(holder or ""), "plan_id": offering_id("PLAN-PREPAID" if is_prepaid else draw.choice(PLANS)),
        "balance": draw.randrange(0, 900_000, 1_000) if is_prepaid else None, "credit_limit": None if is_prepaid else 5_000_000,
        "debt": None if is_prepaid else draw.randrange(0, 2_000_000, 10_000), "figures_source": FigureSource.BILLING,
        "current_charge": None if is_prepaid else draw.randrange(0, 900_000), "figures_at": at,
        "last_usage_at": seen if draw.random() < 0.9 else None, "search": fold(f"{msisdn} {iccid} {holder or ''}"),
        "barring": "ALL" if is_blocked else "NONE", "data_remaining": 0, "tags": "|",
    }  # fmt: skip


def _buckets(draw: Random, card: dict[str, Any], at: datetime) -> Iterator[dict[str, Any]]:
    for priority, (usage_type, total) in enumerate(GRANTS, 1):
        starts_at = at - timedelta(minutes=draw.randrange(30 * 24 * 60))
        yield {
            "id": id_at(draw, starts_at), "organization_id": card["organization_id"], "sim_id": card["id"],
            "offering_id": offering_id(draw.choice(PLANS)) if usage_type is not UsageType.SMS else None, "usage_type": usage_type,
            "priority": priority, "status": BucketStatus.ACTIVE, "total": total, "remaining": draw.randrange(total), "reserved": 0,
            "max_overrun": 0, "starts_at": starts_at, "ends_at": starts_at + timedelta(days=365), "as_of": at,
            "source": FigureSource.CHARGING,
        }  # fmt: skip
