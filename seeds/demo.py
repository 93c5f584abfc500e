"""The demo world as a whole: catalogue, companies with their fleets, their history, people to sign in as."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import col, select

from auth.wiring import Auth
from domain.accounts.tables import Account, Organization
from domain.bundles.tables import Bucket
from domain.catalogue.queries import vat_rate
from domain.catalogue.tables import Offering
from domain.imports.accounts import AccountImport
from domain.imports.report import Report
from domain.imports.service import Wish, bring_in, record
from domain.imports.sims import SimImport
from domain.kernel.scope import SYSTEM, ActorRef
from domain.sims.tables import Sim, SimApn
from domain.usage.documents import UsageRecord
from seeds import fleet, identities, purchases
from seeds.apns import access_points
from seeds.approvals import seed_approvals
from seeds.catalogue import seed_catalogue
from seeds.companies import COMPANIES, Company, companies
from seeds.dice import Dice
from seeds.groups import seed_groups
from seeds.lines import Line, lines_of
from seeds.moves import seed_moves
from seeds.outages import seed_outages
from seeds.payments import Takings, seed_vouchers
from seeds.people import seed_people
from seeds.purchases import Buying, Granted, Ids, Payer
from seeds.size import Size
from seeds.tickets import seed_tickets
from seeds.usage import OFTEN, SELDOM, Record, Traffic, updates
from store.documents import insert_new
from store.models import table_of
from store.session import Database, Session
from store.upsert import insert_all

COMPANY_AGE = timedelta(days=400)
FORMER_SINCE = timedelta(days=95)
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Plot:
    """What a world is made from: its store and keys, its dice, its present instant."""

    auth: Auth
    dice: Dice
    size: Size
    at: datetime

    @property
    def database(self) -> Database:
        """Where it is put."""
        return self.auth.database

    @property
    def since(self) -> datetime:
        """When its companies became customers."""
        return self.at - COMPANY_AGE


async def seed_demo(auth: Auth, *, at: datetime, seed: int = 1, size: Size = Size.DEMO) -> bool:
    """Puts the demo world into a system that hasn't got it, all of it or nothing; returns whether it did.

    The document store has to be open. The same seed and instant give the same world, sealed secrets and recovery codes apart.
    """
    plot = Plot(auth, Dice(seed), size, at)
    async with plot.database.write() as session:
        if await _is_there(session):
            return False
        await seed_catalogue(session, at)
        await seed_outages(session, plot.dice, at=at)
        with tempfile.TemporaryDirectory() as folder:
            accounts = await _import_accounts(session, plot, Path(folder) / "accounts.csv")
            actors = await seed_people(session, auth, plot.dice, accounts, since=plot.since, former_until=at - FORMER_SINCE)
            cards, wish = await _import_sims(session, plot, Path(folder) / "sims.csv")
        await seed_vouchers(session, auth.sealer, plot.dice, actors[identities.NORA.mobile], at=at)
        for company, _ in companies(size):
            await _live(session, plot, company, accounts, actors)
        await seed_moves(session, accounts, since=plot.since, at=at, new_id=plot.dice.ids("moves", at))
        await record(session, wish, cards)
    return True


async def is_empty(database: Database) -> bool:
    """Whether there is no organization at all, not even a real one."""
    async with database.read() as session:
        return (await session.scalars(select(Organization.id).limit(1))).first() is None


async def is_seeded(database: Database) -> bool:
    """Whether the demo companies are there."""
    async with database.read() as session:
        return await _is_there(session)


async def _is_there(session: Session) -> bool:
    found = select(Organization.id).where(Organization.legal_id == COMPANIES[0].legal_id)
    return (await session.scalars(found)).first() is not None


async def _import_accounts(session: Session, plot: Plot, path: Path) -> Mapping[tuple[str, str], Account]:
    """Accounts by legal id and number, imported from a file as any company's would be."""
    everyone = [company for company, _ in companies(plot.size)]
    fleet.write_accounts(path, everyone)
    report, new_id = Report(), plot.dice.ids("accounts", plot.since)
    wish = Wish(SYSTEM, plot.since, new_id=new_id)
    run = AccountImport(session, report, at=plot.since, new_id=new_id)
    await bring_in(session, path, wish, run, report)
    _expect_none(report)
    await record(session, wish, run)
    for company in everyone:
        values = {"locale": company.locale, "contacts": company.contacts}
        await session.execute(update(Organization).where(col(Organization.legal_id) == company.legal_id).values(**values))
    found = await session.execute(
        select(Organization.legal_id, Account).join(Organization, col(Organization.id) == Account.organization_id)
    )
    return {(legal_id, account.number): account for legal_id, account in found}


async def _import_sims(session: Session, plot: Plot, path: Path) -> tuple[SimImport, Wish]:
    fleet.write_sims(path, plot.dice, companies(plot.size), at=plot.at)
    report, new_id = Report(), plot.dice.ids("sims", plot.at)
    wish = Wish(SYSTEM, plot.at, new_id=new_id)
    run = SimImport(session, report, plot.auth.sealer, at=plot.at, new_id=new_id)
    await bring_in(session, path, wish, run, report)
    _expect_none(report)
    return run, wish


def _expect_none(report: Report) -> None:
    if report.rejects:
        raise RuntimeError(f"the demo world's own files have faults: {report.rejects[:5]}")


async def _live(
    session: Session, plot: Plot, company: Company, accounts: Mapping[tuple[str, str], Account], actors: Mapping[str, ActorRef]
) -> None:
    """The past of one company: what it bought, what it used, what the network knows of its cards."""
    organization_id = accounts[company.legal_id, company.payers[0]].organization_id
    lines = await lines_of(session, organization_id)
    house = await purchases.house_accounts(session, organization_id, plot.dice, at=plot.since)
    wallets = await purchases.wallets(session, organization_id)
    offerings = list(await session.scalars(select(Offering).order_by(col(Offering.position))))
    draw, rate = plot.dice.stream(f"purchases:{company.legal_id}"), await vat_rate(session, plot.at)
    ids = Ids(plot.dice.ids(f"entries:{organization_id}", plot.at), plot.dice.ids(f"audit:{organization_id}", plot.at))
    takings = Takings(plot.dice.stream(f"payments:{company.legal_id}"), organization_id, actors[identities.NORA.mobile])
    buying = Buying(draw, company.habits, lines, offerings, house, takings, vat_rate=rate, at=plot.at)
    payers = [_payer(company, number, accounts, actors, wallets) for number in company.payers]
    for books in buying.run(payers):
        await purchases.write_books(session, organization_id, books, ids, at=plot.at)
        await takings.write(session)
    takings.unfinished(payers[0].account, payers[0].wallet_id, payers[0].buyer, plot.at)
    await takings.close(session, at=plot.at)
    await purchases.close_books(session, organization_id, buying, at=plot.at)
    points = plot.dice.stream(f"apns:{company.legal_id}")
    await insert_all(session, SimApn, (apn for line in lines for apn in access_points(points, line, company.apn, at=plot.at)))
    await _use(session, plot, company, lines, buying.buckets)
    await seed_tickets(session, plot.dice, company, accounts, lines, actors, at=plot.at)
    if company.legal_id == identities.NIKAZIN:
        await seed_groups(session, plot.dice, accounts, wallets, lines, at=plot.at)
        await seed_approvals(session, plot.dice, accounts, lines, offerings, actors, rate, at=plot.at)


def _payer(
    company: Company, number: str, accounts: Mapping[tuple[str, str], Account], actors: Mapping[str, ActorRef], wallets: Mapping[UUID, UUID]
) -> Payer:
    """An account that pays, with the manager who buys from it: the one appointed to it, else a profile manager of the company."""
    place = (company.legal_id, number)
    managers = [one for one in identities.EVERYBODY if place in one.places] or [
        one for one in identities.EVERYBODY if company.legal_id in {legal_id for legal_id, _ in one.places}
    ]
    one, account = managers[0], accounts[place]
    return Payer(account, wallets[account.id], actors[one.mobile], one.locale)


async def _use(
    session: Session, plot: Plot, company: Company, lines: Sequence[Line], buckets: Mapping[UUID, list[Granted]]
) -> None:
    """Draws the traffic of all lines, and keeps the records, the buckets and the figures on the cards a few thousand at a time."""
    draw, numbers = plot.dice.stream(f"usage:{company.legal_id}"), [line.msisdn for line in lines if line.msisdn]  # they call each other
    traffic = Traffic(draw, numbers, since=company.habits.since, at=plot.at)
    change = update(table_of(Sim)).where(col(Sim.id) == bindparam("card"))
    values = {"last_usage_at": "used", "current_charge": "charge", "data_remaining": "data", "next_bucket_end_at": "ends"}
    change = change.values({name: bindparam(value) for name, value in values.items()})
    connection, waiting, kept = await session.connection(), list[Record](), UsageRecord.get_pymongo_collection()
    await kept.delete_many({"organization_id": lines[0].organization_id})  # of an attempt that was cut off
    for start in range(0, len(lines), AT_ONCE):
        figures, rows = [], list[Granted]()
        for place, line in enumerate(lines[start : start + AT_ONCE], start):
            is_recorded, granted = place % company.habits.recorded == 0, buckets.get(line.id, [])
            records, left = traffic.of(line, granted, *(OFTEN if is_recorded else SELDOM))
            figures.append((line, left))
            rows += granted
            waiting += records if is_recorded else ()
            if len(waiting) >= AT_ONCE:
                await insert_new(kept.insert_many, waiting)
                waiting = []
        await insert_all(session, Bucket, (bucket.row(plot.at) for bucket in rows))
        await connection.execute(change, list(updates(iter(figures))))
    await insert_new(kept.insert_many, waiting)
