"""`x.py bench faults`: clients retry their keys while the API is killed and PostgreSQL's backends are ended; no rial is lost or doubled."""

import asyncio
import hashlib
import html
import math
import os
import random
import re
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import msgspec
import typer
from rich.table import Table
from sqlalchemy import func, text, update
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, select

from auth import rules
from auth.tables import ApiToken
from bench.console import CONSOLE, TABLES
from bench.ground import environment
from bench.measuring import Faulty
from bench.postgresql import embedded
from domain.accounts.tables import Account
from domain.audit.chain import first_broken
from domain.audit.writing import Work
from domain.bundles.tables import Product
from domain.catalogue.tables import ActivationMode, Offering, OfferingCategory
from domain.kernel.clock import SystemClock
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import MutationMode
from domain.kernel.scope import SYSTEM, system_scope
from domain.orders.tables import Order, OrderItem, OrderState
from domain.payments.tables import Payment, PaymentState
from domain.people.tables import Membership
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from domain.wallet.proof import prove
from domain.wallet.service import adjust
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason, LedgerTransfer
from gateways.psp_sandbox import Answer, SandboxGateway
from store.outbox import OutboxRow
from store.session import Database, Session

CLIENTS = 10
SECRET = rules.token_text("dev", "F" * 30)
MEMO, PAID_IN, RETURN_URL = "bought under fire", 1_000, "https://shop.example/done"
FUNDS = 900_000_000_000
SECONDS_TO_START, SECONDS_TO_ANSWER, SECONDS_TO_SETTLE, SECONDS_TO_END = 120, 180, 120, 15
LIFE = (0.5, 2.0)
"""Seconds that the API lives at least and at most once it answers."""
PASSING = frozenset({"BUSY", "UNAVAILABLE", "RATE_LIMITED"})
"""Errors that only say: ask again."""
END_ONE = text(
    "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) AS one"
)
_UNDER_FIRE = (col(Payment.amount) == PAID_IN) & (col(Payment.return_url) == RETURN_URL)
FINAL = frozenset({OrderState.COMPLETED, OrderState.FAILED})
ANSWERS = (Answer.PAY, Answer.PAY, Answer.PAY, Answer.TWICE, Answer.NEVER, Answer.REFUSE, Answer.LEAVE, Answer.FORGE)
"""What payers do on the gateway's page, as often as they stand here."""
BUY = """mutation($input: OrderPlaceInput!) { orderPlace(input: $input) { __typename
  ... on OrderPlacePayload { order { id } } ... on UserError { code message } } }"""
PAY = """mutation($input: WalletTopUpInput!) { walletTopUp(input: $input) { __typename
  ... on WalletTopUpPayload { payment { id redirectUrl } } ... on UserError { code message } } }"""


class Engine(StrEnum):
    """What the money is kept on."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Figures(msgspec.Struct, frozen=True):
    """What came out: calls answered well, calls asked again, and what can't be; `violations` has to be 0."""

    engine: str
    kills: int
    backend_kills: int
    acknowledged: int
    retried: int
    violations: int


@dataclass(frozen=True, slots=True)
class Found:
    """The figures, what can't be in words, and what of each kind ended well: without any, the fire would show nothing."""

    figures: Figures
    violations: Sequence[str]
    granted: int
    settled: int


def faults(
    kills: Annotated[int, typer.Option(help="How often the API is killed (kill -9), on each engine.", min=0)] = 200,
    backend_kills: Annotated[int, typer.Option(help="How many of PostgreSQL's backends are ended.", min=0)] = 50,
    on: Annotated[list[Engine] | None, typer.Option(help="Which engines; both if none is named.")] = None,
    seed: Annotated[int, typer.Option(help="Of the moments of the kills.")] = 1405,
    bug: Annotated[str, typer.Option(help="Plant a bug that has to be found: two-transactions or missing-key.")] = "none",
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.", dir_okay=False)] = None,
) -> None:
    """Money under fire: purchases and top-ups with retried keys through kills of the API and of the database's backends."""
    found = []
    for engine in on or list(Engine):
        one = asyncio.run(_on(engine, kills, backend_kills, seed, bug))
        CONSOLE.print(f"{engine}: {one.granted:,} bundles granted, {one.settled:,} payments settled")
        for words in one.violations[:20]:
            CONSOLE.print(f"  violation: {words}")
        found.append(one.figures)
    TABLES.print(table(found))
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    if any(each.violations for each in found):
        raise SystemExit("bench: money was lost, doubled or made up, or a key was told two things")


def table(found: list[Figures]) -> Table:
    """The figures as a person reads them."""
    shown = Table(title="Money under fire", title_justify="left")
    for name in Figures.__struct_fields__:
        shown.add_column(name.replace("_", " "), justify="left" if name == "engine" else "right")
    for each in found:
        shown.add_row(each.engine, *(f"{getattr(each, name):,}" for name in Figures.__struct_fields__[1:]))
    return shown


async def _on(engine: Engine, kills: int, backend_kills: int, seed: int, bug: str) -> Found:
    with tempfile.TemporaryDirectory(prefix="simurgh-faults-") as folder, CONSOLE.status(f"{engine}: a demo company …") as status:

        def told(words: str) -> None:
            status.update(f"{engine}: {words}")

        data = Path(folder) / "data"
        if engine is Engine.SQLITE:
            return await measured(data, None, kills=kills, backend_kills=0, seed=seed, bug=bug, told=told)
        with embedded() as server:
            name = f"faults_{uuid4().hex}"
            admin = create_async_engine(server.product_url, isolation_level="AUTOCOMMIT")
            try:
                async with admin.connect() as connection:
                    await connection.execute(text(f'CREATE DATABASE "{name}"'))
                url = server.named(name).product_url
                return await measured(data, url, kills=kills, backend_kills=backend_kills, seed=seed, bug=bug, told=told)
            finally:
                async with admin.connect() as connection:
                    await connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
                await admin.dispose()


async def measured(
    data: Path, url: str | None, *, kills: int, backend_kills: int, seed: int, bug: str = "none",
    told: Callable[[str], None] = lambda _: None,
) -> Found:  # fmt: skip
    """Makes a small demo company in a new folder (SQL there unless a URL of PostgreSQL is given), sells and takes money in under fire, and
    holds the books against what clients were told.
    """
    house = _House(data, url, bug)
    await house.command("seed", "--size", "small")
    dice, backends, gateway = random.Random(seed), 0, SandboxGateway(data / "psp", SystemClock(), "")
    async with _store(house) as database:
        market = await _open_market(database, house.port)
    clients = [asyncio.create_task(client()) for client in [market.customer, market.payer] * (CLIENTS // 2)]
    try:
        for life in range(kills):
            told(f"life {life + 1} of {kills}, {market.acknowledged:,} answered, {market.retried:,} asked again")
            async with house.living():
                wanted = backend_kills * (life + 1) // kills - backends if url else 0
                backends += await _lived(dice.uniform(*LIFE), url, wanted, dice)
        async with _store(house) as database:
            await _forget_leases(database)
            async with house.living():
                market.is_closing = True
                await asyncio.wait_for(asyncio.gather(*clients), SECONDS_TO_ANSWER)
                await _settled(database, market, gateway)
            found = market.violations + await _violations(database, market, gateway)
            granted, settled = await _ended_well(database)
    finally:
        for client in clients:
            client.cancel()
    name = Engine.POSTGRESQL if url else Engine.SQLITE
    return Found(Figures(name, kills, backends, market.acknowledged, market.retried, len(found)), found, granted, settled)


class _House:
    """The system in a folder: started, killed, started again at the same port."""

    def __init__(self, data: Path, url: str | None, bug: str) -> None:
        self.data, self.bug, self.port = data, bug, _free_port()
        self.database_url = url or f"sqlite+aiosqlite:///{data}/simurgh.db"
        self._environment = environment() | {
            "SIMURGH_DATA_DIR": str(data), "SIMURGH_DATABASE_URL": self.database_url, "SIMURGH_DEMO": "none",
        }  # fmt: skip

    async def command(self, *arguments: str) -> None:
        """Runs a command of the console script to its end."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "api", *arguments, env=self._environment, stdout=asyncio.subprocess.DEVNULL
        )
        if await child.wait():
            raise Faulty(f"simurgh {' '.join(arguments)} failed")

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """The system answers within the block; afterwards it and all of its children are dead, killed."""
        with (self.data.parent / "output").open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "bench.faulty_server", self.bug, "run", "--port", str(self.port),
                env=self._environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            await self._ready(child)
            yield
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
            await _gone(child.pid)

    async def _ready(self, child: asyncio.subprocess.Process) -> None:
        deadline = monotonic() + SECONDS_TO_START
        async with httpx.AsyncClient(timeout=5) as client:
            while monotonic() < deadline and child.returncode is None:
                with suppress(httpx.TransportError):
                    if (await client.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise Faulty(f"the API doesn't come up: {(self.data.parent / 'output').read_text()[-2000:]}")


@dataclass
class Market:
    """Where clients buy and pay in, and what they were told under each of their keys: ids of orders and payments."""

    url: str
    account: str
    wallet: str
    offering: str
    sims: Sequence[str]
    is_closing: bool = False
    retried: int = 0
    told: dict[UUID, set[str]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        """Keys that were answered well."""
        return sum(bool(answers - {""}) for answers in self.told.values())

    async def customer(self) -> None:
        """Buys one thing after the other until the market closes, asking for each until it is answered, and once more to be sure."""
        async with self._client() as client:
            while not self.is_closing:
                lines = [{"offeringId": self.offering, "sims": {"ids": [random.choice(self.sims)]}}]
                await self._asked(client, BUY, {"accountId": self.account, "lines": lines, "memo": MEMO})

    async def payer(self) -> None:
        """Pays in through the gateway's page time and again, in each way in which a payment can go."""
        async with self._client() as client:
            while not self.is_closing:
                method = {"gatewayReturnUrl": RETURN_URL}
                content = {"walletId": self.wallet, "amount": {"amount": str(PAID_IN), "currency": "IRR"}, "method": method}
                payment = await self._asked(client, PAY, content)
                if payment and payment["redirectUrl"]:
                    await self._on_the_page(client, payment["redirectUrl"], random.choice(ANSWERS))

    async def _on_the_page(self, client: httpx.AsyncClient, url: str, answer: Answer) -> None:
        """What a payer's browser does, each step until it works."""
        page = (await self._visited(client, "GET", url)).headers.get("location", "")
        if "/dev/pay/" not in page:
            return
        sent = await self._visited(client, "POST", page, data={"answer": answer.value})
        back = sent.headers.get("location") or next(iter(re.findall(r'src="([^"]+)"', sent.text)), None)
        if back is not None:
            await asyncio.gather(*(self._visited(client, "GET", html.unescape(back)) for _ in range(2)))

    async def _visited(self, client: httpx.AsyncClient, method: str, url: str, **content: Any) -> httpx.Response:
        while True:
            with suppress(httpx.TransportError):
                answer = await client.request(method, url, **content)
                if answer.status_code < 500:
                    return answer
                if answer.status_code != 503:
                    self.violations.append(f"{method} {url} answered {answer.status_code}")
                    return answer
            self.retried += 1
            await asyncio.sleep(0.25)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers={"authorization": f"Bearer {SECRET}"}, timeout=15)

    async def _asked(self, client: httpx.AsyncClient, query: str, content: dict[str, Any]) -> dict[str, Any] | None:
        """Asks twice under one key, each until it is answered; returns the order or payment."""
        key, made = uuid4(), None
        self.told[key] = set()
        for _ in range(2):
            made = await self._answered(client, {"query": query, "variables": {"input": content | {"idempotencyKey": str(key)}}})
            self.told[key].add(str(made["id"]) if made else "")
            await asyncio.sleep(0.05)
        return made

    async def _answered(self, client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any] | None:
        while True:
            try:
                answer = (await client.post(self.url, json=body)).json()
            except (httpx.TransportError, ValueError):
                self.retried += 1
                await asyncio.sleep(0.25)
                continue
            if not answer.get("errors"):
                (done,) = answer["data"].values()
                made: dict[str, Any] | None = done.get("order") or done.get("payment")
                if made is None:
                    self.violations.append(f"a call was refused: {done}")
                return made
            if strange := [error for error in answer["errors"] if error["extensions"].get("code") not in PASSING]:
                self.violations.append(f"a call failed: {strange[0]}")
                return None
            self.retried += 1
            await asyncio.sleep(0.1)


async def _open_market(database: Database, port: int) -> Market:
    """A token, a bundle on sale that may be bought any number of times, and money, in the demo company."""
    at = datetime.now(UTC)
    names = dict.fromkeys(("FA", "EN", "RU", "BG"), "Under fire")
    offering = Offering(
        id=uuid7(), code="UNDER-FIRE", names=names, descriptions=names, category=OfferingCategory.BUNDLE, net_price=1_000,
        allowances=[{"usage_type": "DATA", "amount": 1_000_000, "restriction": None}], valid_days=30,
        activations=list(ActivationMode), max_queued=1_000_000, is_rolled_over=False, payment_modes=["PREPAID", "POSTPAID"],
        valid_from=at - timedelta(days=1),
    )  # fmt: skip
    async with database.write() as session:
        manager = (await session.scalars(select(Membership).where(Membership.role == Role.PROFILE_MANAGER).limit(1))).one()
        organization_id = manager.organization_id
        if organization_id is None:
            raise Faulty("the demo company has no manager")
        wallets = select(LedgerAccount.id, Account.id, Account.path).join(Account, col(Account.id) == col(LedgerAccount.owner_id))
        wallets = wallets.where(LedgerAccount.organization_id == organization_id, LedgerAccount.kind == LedgerAccountKind.WALLET)
        wallet_id, account_id, path = (await session.execute(wallets.order_by(func.length(Account.path)).limit(1))).one()
        cards = select(Sim.id).where(Sim.organization_id == organization_id, Sim.status == SimStatus.ACTIVE, col(Sim.msisdn).is_not(None))
        sims = (await session.scalars(cards.where(col(Sim.path).startswith(path)).order_by(col(Sim.id)).limit(500))).all()
        session.add(offering)
        session.add(
            ApiToken(
                id=uuid7(), organization_id=organization_id, account_id=account_id, person_id=manager.person_id, name="Under fire",
                prefix=SECRET[:12], hash=hashlib.sha256(SECRET.encode()).hexdigest(),
                permissions=[Permission.ORDER_PLACE, Permission.ORDER_READ, Permission.WALLET_TOP_UP, Permission.WALLET_READ], networks=[],
                by=SYSTEM.as_json(), created_at=at, expires_at=at + timedelta(days=1),
            )
        )  # fmt: skip
        work = Work(session, system_scope(Permission.WALLET_ADJUST, at), at, MutationMode.APPLY)
        await adjust(work, wallet_id=wallet_id, amount=FUNDS, reason="money for the benchmark")
    place = f"http://127.0.0.1:{port}/graphql"
    account, wallet = encode(Kind.ACCOUNT, account_id), encode(Kind.WALLET, wallet_id)
    return Market(place, account, wallet, encode(Kind.OFFERING, offering.id), [encode(Kind.SIM, id) for id in sims])


async def _lived(seconds: float, url: str | None, backends: int, dice: random.Random) -> int:
    """Lets the system live for so many seconds, ending so many of its backends at random moments; returns how many there were to end."""
    moments, began, ended = sorted(dice.uniform(0, seconds) for _ in range(backends)), monotonic(), 0
    if url and moments:
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                for moment in moments:
                    await asyncio.sleep(max(0.0, began + moment - monotonic()))
                    ended += len((await connection.execute(END_ONE)).all())
        finally:
            await engine.dispose()
    await asyncio.sleep(max(0.0, began + seconds - monotonic()))
    return ended


@asynccontextmanager
async def _store(house: _House) -> AsyncIterator[Database]:
    """The store, looked at from outside of the system; no backend is ended meanwhile."""
    database = Database(house.database_url)
    try:
        yield database
    finally:
        await database.close()


async def _forget_leases(database: Database) -> None:
    """Frees the work that dead workers hold: nobody lives who could still do it, and waiting a minute for each would show nothing."""
    now = datetime.now(UTC)
    async with database.write() as session:
        await session.execute(update(OutboxRow).where(col(OutboxRow.lease_until).is_not(None)).values(lease_until=now))


async def _settled(database: Database, market: Market, gateway: SandboxGateway) -> None:
    """Waits until all that was sold is granted or given back, and every payment that was paid is booked; gives up when nothing moves."""
    deadline, waiting, least = monotonic() + SECONDS_TO_SETTLE, -1, math.inf
    sold = select(func.count()).select_from(OrderItem).join(Order, col(Order.id) == col(OrderItem.order_id))
    sold = sold.where(Order.memo == MEMO, col(OrderItem.state).not_in(FINAL))
    while monotonic() < deadline and waiting:
        await asyncio.sleep(0.5)
        async with database.read() as session:
            waiting = int((await session.execute(sold)).scalar_one())
            payments = (await session.scalars(select(Payment).where(col(Payment.authority).is_not(None), _UNDER_FIRE))).all()
        waiting += sum(payment.state != PaymentState.SETTLED and _is_paid(gateway, payment) for payment in payments)
        if waiting < least:
            least, deadline = waiting, monotonic() + SECONDS_TO_SETTLE
    if waiting:
        market.violations.append(f"{waiting} items or payments never come to an end")


def _is_paid(gateway: SandboxGateway, payment: Payment) -> bool:
    """Whether the gateway has the payer's money."""
    sitting = gateway.sitting(payment.authority) if payment.authority else None
    return sitting is not None and sitting.paid_at is not None


async def _violations(database: Database, market: Market, gateway: SandboxGateway) -> list[str]:
    """Holds the books against what clients were told and what the gateway took; what can't be, in words."""
    found = [f"the key {key} was told {sorted(answers)}" for key, answers in market.told.items() if len(answers) != 1]
    told = Counter(answer for answers in market.told.values() for answer in answers if answer)
    async with database.read() as session:
        orders = (await session.scalars(select(Order).where(Order.memo == MEMO))).all()
        payments = (await session.scalars(select(Payment).where(_UNDER_FIRE))).all()
        found += await _sold_badly(session) + await _paid_badly(session, payments, gateway)
        found += [f"the proof: {fault.what} ({fault.id})" for fault in await prove(session)]
        for organization_id in {order.organization_id for order in orders}:
            if (broken := await first_broken(session, organization_id)) is not None:
                found.append(f"the audit trail is broken: {broken}")
    kept = Counter([encode(Kind.ORDER, order.id) for order in orders] + [encode(Kind.PAYMENT, payment.id) for payment in payments])
    found += [f"{id} was made and told to nobody" for id in (kept - told).elements()]
    return found + [f"{id} was told and isn't there" for id in (told - kept).elements()]


async def _ended_well(database: Database) -> tuple[int, int]:
    """How many items were granted, and how many payments settled."""
    granted = select(func.count()).select_from(OrderItem).join(Order, col(Order.id) == col(OrderItem.order_id))
    granted = granted.where(Order.memo == MEMO, OrderItem.state == OrderState.COMPLETED)
    settled = select(func.count()).select_from(Payment).where(_UNDER_FIRE, Payment.state == PaymentState.SETTLED)
    async with database.read() as session:
        return (await session.execute(granted)).scalar_one(), (await session.execute(settled)).scalar_one()


async def _sold_badly(session: Session) -> list[str]:
    """Items that were charged and not granted, granted and not charged, or either twice."""
    bought = select(Order.id).where(Order.memo == MEMO)
    items = (await session.scalars(select(OrderItem).where(col(OrderItem.order_id).in_(bought)))).all()
    granted = select(Product.order_item_id).join(OrderItem, col(OrderItem.id) == col(Product.order_item_id))
    products = Counter((await session.scalars(granted.where(col(OrderItem.order_id).in_(bought)))).all())
    paid = select(LedgerTransfer.cause_id, LedgerTransfer.reason).where(col(LedgerTransfer.cause_id).in_(bought))
    moved = Counter((cause, reason) for cause, reason in await session.execute(paid))
    found = []
    for item in items:
        is_granted, is_failed = item.state == OrderState.COMPLETED, item.state == OrderState.FAILED
        if products[item.id] != is_granted:
            found.append(f"item {item.id} in {item.state} has {products[item.id]} products")
        charged, back = (moved[item.order_id, reason] for reason in (LedgerReason.ORDER, LedgerReason.REFUND))
        if (charged, back) != (1, int(is_failed)):
            found.append(f"item {item.id} in {item.state} was charged {charged} times and given back {back} times")
    return found


async def _paid_badly(session: Session, payments: Sequence[Payment], gateway: SandboxGateway) -> list[str]:
    """Payments that were booked otherwise than the gateway took them, or not once."""
    causes = [payment.id for payment in payments]
    booked = Counter((await session.scalars(select(LedgerTransfer.cause_id).where(col(LedgerTransfer.cause_id).in_(causes)))).all())
    found = []
    for payment in payments:
        is_paid, is_settled = _is_paid(gateway, payment), payment.state == PaymentState.SETTLED
        if is_paid != is_settled or booked[payment.id] != is_settled:
            words = "took the money" if is_paid else "took no money"
            found.append(f"payment {payment.number} is {payment.state}, booked {booked[payment.id]} times, and the gateway {words}")
    return found


async def _gone(group: int) -> None:
    """Waits until the children of a dead system, which follow it by themselves, are gone."""
    deadline = monotonic() + SECONDS_TO_END
    while monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        await asyncio.sleep(0.02)
    raise Faulty("a child of the killed system lives on")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
