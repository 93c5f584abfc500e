"""`x.py bench pages`: every list of SIM cards at full size, first, middle and last page, against the same in a company of 1,000 cards."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
import orjson
import typer
from rich.table import Table
from sqlalchemy import event, func, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, select

from api import budget
from api.app import build
from api.settings import PREFIX, read_settings
from api.world import World, open_world
from bench.console import CONSOLE, TABLES
from bench.ground import SECRET, sign_in
from bench.postgresql import BUILT, embedded
from domain.accounts.tables import Account, Organization
from domain.kernel.identifiers import parse_identity
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.paging import cursor_of
from domain.sims.filters import SORT_COLUMNS, SimSortKey
from domain.sims.tables import GroupMember, Sim, SimGroup
from seeds.demo import is_seeded, seed_demo
from seeds.identities import LEILA, YASAMAN, Identity
from seeds.size import Size
from store import migrate
from store.session import Session

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "mobile" / "documents" / "05_fleet_page.graphql").read_text()
AS_OF = DOCUMENT.replace("$search: String)", "$asOf: DateTime, $search: String)", 1).replace("sort: $sort,", "sort: $sort, asOf: $asOf,")
CROSSED = {
    "by charge": {"key": "CURRENT_CHARGE", "direction": "DESC"},
    "by holder": {"key": "HOLDER", "direction": "ASC"},
}
"""Orders in which narrowed lists are read besides that of numbers."""
GOAL = 1.5
MIDDLE = 25_000
"""Rows before the middle page of a whole list: five hundred pages of fifty."""
COUNT = 50
"""Rows of a page; a third of what fits in the small company, where that is less, so that both have as many on every page."""


class Row(msgspec.Struct, frozen=True):
    """A page in both companies: SQL statements, rows and milliseconds of each, and the median of the ratios round by round."""

    engine: str
    kind: str
    position: str
    statements: tuple[int, int]
    rows: tuple[int, int]
    ms: tuple[float, float]
    ratio: float


@dataclass(frozen=True, slots=True)
class PageKind:
    """A kind of page: what is asked of a company, and of which account by its number."""

    name: str
    asked: Mapping[str, Any] = field(default_factory=dict)
    account: str = "1"

    @property
    def document(self) -> str:
        """The app's, or as placed then."""
        return AS_OF if "asOf" in self.asked else DOCUMENT


@dataclass
class Company:
    """A company as its manager asks about it: its accounts by number, a line, two of its groups, and what most of its cards have."""

    organization_id: Any
    accounts: Mapping[str, str]
    token: str
    number: str
    groups: Sequence[str]
    plan_id: str
    cost_centre_id: str


def filters(company: Company, now: datetime) -> Mapping[str, Mapping[str, Any]]:
    """Each filter that there is by what it finds, and many at once."""
    frequent = {"paymentMode": "POSTPAID", "hasDebt": True, "planIds": [company.plan_id], "statuses": ["ACTIVE"]}
    return {
        "account": {"accountId": company.accounts["112"]},
        "blocked": {"statuses": ["BLOCKED"]},
        "suspended or capped": {"statuses": ["SUSPENDED", "CAP_EXCEEDED"]},
        "prepaid": {"paymentMode": "PREPAID"},
        "plan": {"planIds": [company.plan_id]},
        "tag": {"tags": ["vip"]},
        "two tags": {"tags": ["vip", "field"]},
        "cost centre": {"costCentreIds": [company.cost_centre_id]},
        "group of a tenth": {"groupId": company.groups[0]},
        "group of sixty": {"groupId": company.groups[1]},
        "idle": {"idleSince": (now - timedelta(days=60)).isoformat()},
        "bundle ends": {"bucketEndsBefore": (now + timedelta(days=2)).isoformat()},
        "in debt": {"hasDebt": True},
        "no debt": {"hasDebt": False},
        "many at once": frequent,
    }


def kinds(company: Company, now: datetime) -> Iterator[PageKind]:
    """Each sort in both directions, places of every depth, each filter, fragments long or short, rare or frequent; other orders."""
    for key in SimSortKey:
        for direction in ("ASC", "DESC"):
            yield PageKind(f"by {key.value} {direction}", {"sort": {"key": key.value, "direction": direction}})
    yield PageKind("account of some hundred", account="1112")
    yield PageKind("account of some thousand", account="112")
    yield PageKind("region", account="11")
    yield PageKind("region by charge", {"sort": {"key": "CURRENT_CHARGE", "direction": "DESC"}}, "11")
    for name, filter in filters(company, now).items():
        yield PageKind(f"filter: {name}", {"filter": filter})
        for order, sort in CROSSED.items():
            yield PageKind(f"filter: {name}, {order}", {"filter": filter, "sort": sort})
    number = f"0{company.number[3:]}"
    for name, fragment in (
        ("Persian name", "رستگار"), ("Persian thing", "خودرو ۲"), ("seven digits", number[:7]), ("five digits, rare", number[-5:]),
        ("frequent number", "0935"), ("two digits", "09"), ("one letter", "ش"), ("two letters, none", "زژ"), ("nothing", "zzq"),
    ):  # fmt: skip
        yield PageKind(f"search: {name}", {"search": fragment})
        for order, sort in CROSSED.items():
            yield PageKind(f"search: {name}, {order}", {"search": fragment, "sort": sort})
    then = {"asOf": (now - timedelta(days=30)).isoformat()}
    yield PageKind("then", then)
    yield PageKind("then, account of some thousand", then, "112")
    yield PageKind("then, blocked", then | {"filter": {"statuses": ["BLOCKED"]}})
    yield PageKind("then, Persian name", then | {"search": "رستگار"})


def pages(
    rounds: Annotated[int, typer.Option(help="How often each page is read in each company.", min=1)] = 15,
    engines: Annotated[str, typer.Option(help="Which engines, by commas.")] = "postgresql,sqlite",
    only: Annotated[str, typer.Option(help="Only kinds of pages with this in their name.")] = "",
    json: Annotated[Path | None, typer.Option(help="Write the rows to this file.", dir_okay=False)] = None,
) -> None:
    """Pages of 100,000 SIM cards against the same of 1,000: statements, milliseconds and their ratio; the first run makes the companies."""
    found = asyncio.run(_pages(engines.split(","), rounds, only))
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


def _folder(engine: str) -> Path:
    """Where the documents and keys of one engine's companies are."""
    folder = BUILT / f"pages-{engine}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _pages(engines: list[str], rounds: int, only: str) -> list[Row]:
    found: list[Row] = []
    for engine in engines:
        with ExitStack() as parts:
            url = f"sqlite+aiosqlite:///{BUILT / 'pages.db'}"
            if engine == "postgresql":
                server = parts.enter_context(embedded())
                await _made(server.named("postgres").product_url)
                url = server.named("pages").product_url
            async with opened(url, _folder(engine)) as world:
                measured = await measure(world, engine, rounds, only)
        TABLES.print(table(engine, measured))
        found += measured
    return found


async def _made(url: str) -> None:
    """Makes the database that holds the companies, once."""
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        if not (await connection.execute(text("SELECT 1 FROM pg_database WHERE datname = 'pages'"))).first():
            await connection.execute(text("CREATE DATABASE pages"))
    await engine.dispose()


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[World]:
    """A system over a database with both companies, which are made when they aren't there."""
    await migrate.upgrade(url)
    settings = read_settings({f"{PREFIX}DATABASE_URL": url, f"{PREFIX}SECRET_KEY": SECRET, f"{PREFIX}DATA_DIR": str(folder)})
    async with open_world(settings, owns_documents=True) as world:
        if not await is_seeded(world.database):
            with CONSOLE.status("Making companies of 1,000 and 100,000 SIM cards …"):
                await seed_demo(world.auth, at=world.clock.now(), size=Size.LARGE)
        if await _group(world):
            engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
            async with engine.connect() as connection:
                await connection.execute(text("ANALYZE" if "sqlite" in url else "VACUUM ANALYZE"))
            await engine.dispose()
        yield world


async def measure(world: World, engine: str, rounds: int, only: str = "") -> list[Row]:
    """Reads every page in both companies in turns, by the endpoint itself within this process."""
    budget.CAPACITY = 10**15  # nobody runs out of their query budget, though every check of it runs
    large, small = [await _company(world, one) for one in (LEILA, YASAMAN)]
    app = build(world)
    statements: list[str] = []
    end = _counting(world, statements)
    found, now = [], world.clock.now()
    for kind, as_small in zip(kinds(large, now), kinds(small, now), strict=True):
        if only not in kind.name:
            continue
        with CONSOLE.status(f"{engine}: {kind.name} …"):
            there = await _rows(app, small, as_small)
            size = max(there // 3, 1)
            for position in ("first", "middle", "last") if there > 1 else ("first", "last"):  # of one row there is no second page
                asked = [await _asked(world, app, *of, position, size) for of in ((large, kind), (small, as_small))]
                bodies = [orjson.dumps(one) for one in asked]
                times: tuple[list[float], list[float]] = ([], [])
                counts, sizes = [0, 0], [0, 0]
                for turn in range(rounds + 1):
                    for place, company in enumerate((large, small)):
                        statements.clear()
                        begun = perf_counter()
                        answer = await _posted(app, bodies[place], company.token)
                        if turn:  # the first one warms up
                            times[place].append((perf_counter() - begun) * 1000)
                        counts[place] = len(statements)
                        sizes[place] = len(orjson.loads(answer)["data"]["account"]["sims"]["edges"])
                ratio = median(many / few for many, few in zip(*times, strict=True))
                ms = (round(median(times[0]), 2), round(median(times[1]), 2))
                found.append(Row(engine, kind.name, position, (counts[0], counts[1]), (sizes[0], sizes[1]), ms, round(ratio, 2)))
    end()
    return found


def _counting(world: World, statements: list[str]) -> Callable[[], None]:
    """Notes every statement until the returned function is called."""

    def noted(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    engines = [engine.sync_engine for engine in world.database.engines]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", noted)
    if world.database.driver is not None:
        world.database.driver.listeners.append(statements.append)

    def end() -> None:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", noted)
        if world.database.driver is not None:
            world.database.driver.listeners.remove(statements.append)

    return end


async def _company(world: World, manager: Identity) -> Company:
    legal_id = manager.places[0][0]
    async with world.database.read() as session:
        id = (await session.execute(select(Organization.id).where(Organization.legal_id == legal_id))).scalar_one()
        rows = await session.execute(select(Account.number, Account.id).where(Account.organization_id == id))
        accounts = {number: encode(Kind.ACCOUNT, account_id) for number, account_id in rows}
        of_company = select(Sim).where(Sim.organization_id == id, col(Sim.msisdn).is_not(None))
        line = (await session.execute(of_company.order_by(col(Sim.by_msisdn)).offset(500).limit(1))).scalar_one()
        groups = (await session.scalars(select(SimGroup.id).where(SimGroup.organization_id == id).order_by(col(SimGroup.name)))).all()
        plan_id, cost_centre_id = [await _frequent(session, id, column) for column in (Sim.plan_id, Sim.cost_centre_id)]
    token = (await sign_in(world.auth, parse_identity(manager.email))).access_token
    return Company(
        id, accounts, token, cast(str, line.msisdn), [encode(Kind.GROUP, one) for one in groups], encode(Kind.OFFERING, plan_id),
        encode(Kind.COST_CENTRE, cost_centre_id),
    )  # fmt: skip


async def _frequent(session: Session, organization_id: UUID, column: Any) -> UUID:
    """What most cards of a company have in a column."""
    statement = select(column).where(Sim.organization_id == organization_id, column.is_not(None)).group_by(column)
    found: UUID = (await session.execute(statement.order_by(func.count().desc(), column).limit(1))).scalar_one()
    return found


async def _group(world: World) -> bool:
    """Puts cards of both companies into groups, a tenth of all and sixty; whether that was to be done."""
    async with world.database.write() as session:
        tops = select(Account).join(Organization, col(Organization.id) == Account.organization_id).where(
            col(Organization.legal_id).in_([one.places[0][0] for one in (LEILA, YASAMAN)]), Account.number == "1",
            col(Account.organization_id).not_in(select(SimGroup.organization_id)),
        )  # fmt: skip
        accounts = (await session.scalars(tops)).all()
        for account in accounts:
            cards = select(Sim.id).where(Sim.organization_id == account.organization_id)
            tenth, sixty = cards.where(col(Sim.msisdn).endswith("7")), cards.order_by(col(Sim.iccid)).limit(60)
            for name, chosen in (("a tenth", tenth), ("sixty", sixty)):
                of = {"organization_id": account.organization_id, "account_id": account.id}
                group = SimGroup(id=uuid7(), name=name, name_fold=name, created_at=world.clock.now(), **of)
                session.add(group)
                await session.flush()
                ids = (await session.scalars(chosen)).all()
                session.add_all(GroupMember(organization_id=group.organization_id, group_id=group.id, sim_id=id) for id in ids)
    return bool(accounts)


async def _rows(app: Any, company: Company, kind: PageKind) -> int:
    """How many rows of a kind a company has, as far as three pages."""
    variables = {"account": company.accounts[kind.account], "first": 3 * COUNT, **kind.asked}
    answer = await _posted(app, orjson.dumps({"query": kind.document, "operationName": "Fleet", "variables": variables}), company.token)
    return len(orjson.loads(answer)["data"]["account"]["sims"]["edges"])


async def _asked(world: World, app: Any, company: Company, kind: PageKind, position: str, size: int) -> dict[str, Any]:
    """The request for a page; the middle of a whole list is far inside it, that of a narrowed one is its second page."""
    variables: dict[str, Any] = {"account": company.accounts[kind.account], "first": size, **kind.asked}
    first = {"query": kind.document, "operationName": "Fleet", "variables": dict(variables)}
    if position == "middle" and kind.account == "1" and not kind.asked.keys() - {"sort"}:
        variables["after"] = await _middle(world, company, kind.asked.get("sort", {"key": "MSISDN", "direction": "ASC"}))
    elif position == "middle":
        answer = await _posted(app, orjson.dumps(first), company.token)
        variables["after"] = orjson.loads(answer)["data"]["account"]["sims"]["pageInfo"]["endCursor"]
    forward, backward = "sims(first: $first, after: $after,", "sims(last: $first, before: $after,"
    query = kind.document.replace(forward, backward) if position == "last" else kind.document
    return {"query": query, "operationName": "Fleet", "variables": variables}


async def _middle(world: World, company: Company, sort: Mapping[str, str]) -> str:
    key, is_descending = SORT_COLUMNS[SimSortKey(sort["key"])], sort["direction"] == "DESC"
    order = [col(key).desc(), col(Sim.id).desc()] if is_descending else [col(key), col(Sim.id)]
    async with world.database.read() as session:
        rows = select(key, Sim.id).where(Sim.organization_id == company.organization_id).order_by(*order)
        place = (await session.execute(rows.offset(MIDDLE).limit(1))).first() or (await session.execute(rows.offset(500).limit(1))).one()
    return cursor_of(f"sims.{sort['key']}.{sort['direction'].lower()}", list(place))


async def _posted(app: Any, body: bytes, token: str) -> bytes:
    """The answer of the endpoint to a document; raises `ValueError` for anything but data."""
    parts: list[bytes] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/graphql", "raw_path": b"/graphql",
        "query_string": b"", "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 40000), "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1:8000"), (b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode()),
            (b"content-length", str(len(body)).encode()),
        ],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        parts.append(message.get("body", b""))

    await app(scope, receive, send)
    answer = b"".join(parts)
    if "errors" in (told := orjson.loads(answer)):
        raise ValueError(f"{told['errors']}")
    return answer


def table(engine: str, rows: list[Row]) -> Table:
    """One engine as a person reads it; a miss of the goal is marked."""
    missed = sum(row.ratio > GOAL for row in rows)
    shown = Table(title=f"{engine}: {missed} of {len(rows)} pages of 100,000 take more than {GOAL}× of 1,000", title_justify="left")
    shown.add_column("kind")
    shown.add_column("page")
    for heading in ("statements", "rows", "ms 100,000", "ms 1,000", "ratio", ""):
        shown.add_column(heading, justify="right")
    for row in rows:
        pairs = [" / ".join(map(str, pair)) for pair in (row.statements, row.rows)]
        times = [f"{ms:.2f}" for ms in row.ms]
        shown.add_row(row.kind, row.position, *pairs, *times, f"{row.ratio:.2f}", "miss" if row.ratio > GOAL else "")
    return shown
