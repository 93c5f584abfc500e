"""A small world for tests: two companies of identical shape, actors of every role, and a way to ask the schema as one of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from graphql import GraphQLError
from sqlalchemy import event

from api.graphql import told
from auth.actor import Actor, Grant
from auth.policy import READS, RIGHTS
from domain.accounts.service import make_account, make_organization
from domain.accounts.tables import Account, PaymentMode
from domain.kernel.errors import AccessError
from domain.kernel.ids import Kind, Ref, encode, uuid7
from domain.kernel.locale import Locale
from domain.kernel.permissions import Role
from domain.kernel.scope import ActorRef, Reach
from domain.kernel.text import fold
from domain.people.tables import Membership, Person
from domain.sims.states import Barring, SimStatus
from domain.sims.tables import Sim, SimCounter, SimPlacement, SimState
from domain.wallet.purses import open_wallet
from schema.engine.documents import Documents
from schema.engine.executor import run
from schema.kernel.context import Context
from schema.kernel.scalars import NATIVES
from schema.root import schema
from store.session import Database

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
DOCUMENTS = Documents(schema, kept=100, natives=NATIVES)
"""Without the limits of the door, for documents that select everything."""
LEGAL_IDS = ("10380284790", "10100000009")


class MovableClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        """The instant it was moved to."""
        return self.at

    def move(self, by: timedelta) -> None:
        """Moves it on."""
        self.at += by


@dataclass(frozen=True)
class Tenant:
    """A company: its accounts by name, its managers, its SIM cards in order of number, its empty wallets by account."""

    id: UUID
    accounts: dict[str, Account]
    profile_manager: Person
    account_manager: Person
    sims: list[Sim] = field(repr=False)  # Hypothesis refuses to print all of them, and what failed with it
    wallets: dict[str, UUID]

    @property
    def gid(self) -> str:
        """Global id of the organization."""
        return encode(Kind.ORGANIZATION, self.id)

    def account(self, name: str) -> str:
        """Global id of an account: `root`, `sales`, `field`, `office`."""
        return encode(Kind.ACCOUNT, self.accounts[name].id)

    def wallet(self, name: str) -> str:
        """Global id of the wallet of an account: `root`, `sales`, `office`; `field` has none."""
        return encode(Kind.WALLET, self.wallets[name])

    def as_profile_manager(self) -> Actor:
        """The whole company."""
        return manager(self.profile_manager, Role.PROFILE_MANAGER, Reach(self.id))

    def as_account_manager(self) -> Actor:
        """The subtree of `sales`."""
        return manager(self.account_manager, Role.ACCOUNT_MANAGER, Reach(self.id, self.accounts["sales"].path))

    def as_support(self) -> Actor:
        """A support person inside a view of this company."""
        ref = ActorRef(uuid7(), "Support", person_id=uuid7(), ticket_id=uuid7(), is_operator=True)
        return Actor(ref, (Grant(READS, Reach(self.id)),), session_id=uuid7(), proven_at=NOW, is_masked=True, is_read_only=True)


@dataclass(frozen=True)
class TwoTenants:
    """Two companies that differ in nothing but their ids and numbers."""

    one: Tenant
    other: Tenant


def manager(person: Person, role: Role, reach: Reach) -> Actor:
    """A person signed in just now with one role."""
    ref = ActorRef(person.id, person.name, person_id=person.id)
    return Actor(ref, (Grant(RIGHTS[role], reach),), session_id=uuid7(), proven_at=NOW)


def operator_admin() -> Actor:
    """An administrator of the operator."""
    ref = ActorRef(uuid7(), "Operator", person_id=uuid7(), is_operator=True)
    return Actor(ref, (Grant(RIGHTS[Role.OPERATOR_ADMIN], Reach(None)),), session_id=uuid7(), proven_at=NOW)


def luhn(digits: str) -> str:
    """The digits with their Luhn digit."""
    total = sum(sum(divmod(int(digit) * (2 - index % 2), 10)) for index, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


async def make_two_tenants(database: Database) -> TwoTenants:
    """Puts both companies into an empty database."""
    return TwoTenants(await make_tenant(database, 0), await make_tenant(database, 1))


async def make_tenant(database: Database, number: int) -> Tenant:
    """root > sales > field, root > office; twelve cards: four under each of sales, field, office; nine active, one of each other kind."""
    at = NOW - timedelta(days=30)
    async with database.write() as session:
        organization = await make_organization(session, id=uuid7(), name="Arya Trading", legal_id=LEGAL_IDS[number], at=at)
        accounts: dict[str, Account] = {}
        for name, parent in (("root", None), ("sales", "root"), ("field", "sales"), ("office", "root")):
            accounts[name] = await make_account(
                session, organization.id, id=uuid7(), number=f"A-{len(accounts) + 1}", name=name.title(),
                parent_id=accounts[parent].id if parent else None, payment_mode=PaymentMode.POSTPAID, at=at,
            )  # fmt: skip
        wallets = {name: await open_wallet(session, organization.id, Ref(Kind.ACCOUNT, accounts[name].id)) for name in ("root", "sales", "office")}
        people = [
            Person(
                id=uuid7(), name=name, name_fold=fold(name), mobile=f"+98935{number}00000{index}", email=f"{name[0].lower()}{number}@example.com",
                created_at=at,
            )
            for index, name in enumerate(("Sara Karimi", "Omid Rad"))
        ]  # fmt: skip
        session.add_all(people)
        await session.flush()
        for person, role, account in zip(people, (Role.PROFILE_MANAGER, Role.ACCOUNT_MANAGER), ("root", "sales"), strict=True):
            session.add(
                Membership(
                    id=uuid7(),
                    organization_id=organization.id,
                    person_id=person.id,
                    role=role,
                    account_id=accounts[account].id,
                    valid_from=at,
                )
            )
        sims = [make_sim(organization.id, accounts[("sales", "field", "office")[i // 4]], number * 100 + i, i, at) for i in range(12)]
        session.add_all(sims)
        await session.flush()
        counted: dict[tuple[UUID, str], int] = {}
        for sim in sims:
            counted[sim.account_id, sim.status] = counted.get((sim.account_id, sim.status), 0) + 1
            session.add(SimPlacement(id=uuid7(), organization_id=organization.id, sim_id=sim.id, account_id=sim.account_id, valid_from=at))
            session.add(SimState(id=uuid7(), organization_id=organization.id, sim_id=sim.id, status=sim.status, valid_from=at))
        for (account_id, status), count in counted.items():
            session.add(SimCounter(organization_id=organization.id, account_id=account_id, status=status, count=count))
    return Tenant(organization.id, accounts, people[0], people[1], sims, wallets)


def make_sim(organization_id: UUID, account: Account, serial: int, index: int, at: datetime) -> Sim:
    """One card; the third, seventh and eleventh of a company aren't active."""
    status = {2: SimStatus.BLOCKED, 6: SimStatus.READY_TO_ACTIVATE, 10: SimStatus.SUSPENDED}.get(index, SimStatus.ACTIVE)
    msisdn, iccid, holder = f"+98935{serial:07d}", luhn(f"899835{serial:012d}"), f"Holder {index:02d}"
    return Sim(
        id=uuid7(), organization_id=organization_id, account_id=account.id, path=account.path, msisdn=msisdn, iccid=iccid,
        imsi=f"43235{serial:010d}", status=status, status_since=at, barring=Barring.ALL if status is SimStatus.BLOCKED else Barring.NONE,
        barred_by="COMPANY" if status in {SimStatus.BLOCKED, SimStatus.SUSPENDED} else None, payment_mode=PaymentMode.POSTPAID,
        holder_name=holder, holder_fold=fold(holder), credit_limit=5_000_000, debt=100_000 * index, current_charge=1_000 * index,
        figures_at=at, figures_source="BILLING", search=fold(f"{msisdn} {iccid} {holder}"),
    )  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What the schema answered."""

    data: Any
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        """Codes of the top-level errors."""
        return [error["extensions"]["code"] for error in self.errors]


async def ask(
    database: Database,
    actor: Actor | None,
    document: str,
    variables: Mapping[str, Any] | None = None,
    *,
    at: datetime = NOW,
    locale: Locale = Locale.EN,
    parts: Any = None,
    operation: str | None = None,
) -> Answer:
    """Runs a document against the schema as an actor, without HTTP; with an `access_log` among the parts looks are settled as there."""
    prepared = DOCUMENTS.prepared(document)
    ran = prepared.operation(operation)
    if prepared.errors or ran is None:
        return Answer(None, [told(error, locale, "test") for error in prepared.errors])
    context = Context(
        database=database, now=at, locale=locale, actor=actor, address="127.0.0.1", user_agent="tests", request_id="test", parts=parts,
        operation=ran,
    )
    result = await run(schema, ran, variables or {}, context, view=context.view)
    if getattr(parts, "access_log", None) is not None:
        try:
            await context.settle_looks(ran.node)
        except AccessError as error:
            return Answer(None, [told(GraphQLError("", original_error=error), locale, "test")])
    return Answer(result.data, [told(error, locale, "test") for error in result.errors or []])


@contextmanager
def counted_statements(database: Database) -> Iterator[list[str]]:
    """Collects the SQL statements run meanwhile, transaction control apart."""
    statements: list[str] = []

    def executed(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            statements.append(statement)

    engines = [engine.sync_engine for engine in database.engines]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", executed)
    if database.driver is not None:
        database.driver.listeners.append(statements.append)
    try:
        yield statements
    finally:
        if database.driver is not None:
            database.driver.listeners.remove(statements.append)
        for engine in engines:
            event.remove(engine, "before_cursor_execute", executed)
