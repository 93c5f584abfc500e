"""What every server of a benchmark stands on: the database with the fleet, the document server, somebody signed in, the pages to read."""

import hashlib
import os
import shutil
from base64 import b64decode
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, select

from api.settings import PREFIX, Settings, read_settings
from auth.otp import OTP_KIND, OtpRequest, otp_request
from auth.proofs import Answer
from auth.sessions import Client, Tokens, session_create, session_refresh
from auth.tables import LimitWindow
from auth.wiring import Auth
from bench.console import CONSOLE
from bench.fleets import Fleet
from bench.postgresql import BUILT, PostgreSQL, embedded, given
from domain import registry
from domain.accounts.tables import Account, Organization
from domain.kernel import messages
from domain.kernel.clock import SystemClock
from domain.kernel.identifiers import Identity
from domain.kernel.ids import Kind, encode
from domain.kernel.locale import Locale
from domain.kernel.paging import cursor_of
from domain.kernel.sealing import Sealed, Sealer
from domain.sims.tables import Sim
from store import migrate
from store.document_server import document_server
from store.documents import open_documents
from store.outbox import OutboxRow
from store.session import Database

ROOT = Path(__file__).resolve().parents[1]
STATEMENTS = BUILT / "statements.json"
LANGUAGE = Locale.FA
MAIN = {locale.value: messages.text("bundle.main", locale) for locale in Locale}
SECRET = "the benchmark's master key, which guards nothing"
CLIENT = Client("127.0.0.1", "bench")
TABLES = ("migrations/versions/*.py", "domain/**/tables.py", "auth/tables.py", "seeds/catalogue.*", "bench/fleets.py")
MADE_OF = {Fleet.SMALL: (*TABLES, "bench/company.py"), Fleet.LARGE: (*TABLES, "seeds/*", "domain/imports/*.py")}
TAKES = {Fleet.SMALL: "seconds", Fleet.LARGE: "minutes"}
DAYS_KEPT = 7
"""How long a database is used: its bundles end, and pages without them would be cheap."""
REFRESHED = timedelta(minutes=8)
"""How old an access token may get: it dies at fifteen minutes, and a measurement must not see that."""
WINDOWS = 4
MOST_PAGES = 120
STRIDE = 7
"""Windows of one account, and pages altogether, that a measurement goes round in, these far apart that were next to each other."""

assert registry.TABLES


@dataclass(frozen=True, slots=True)
class PageOf:
    """One page of a fleet as a client asks for it; `start` cards of the account come before it."""

    account: str
    first: int
    start: int
    after: str | None

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of `05_fleet_page.graphql`."""
        return {"account": self.account, "first": self.first, "after": self.after, "filter": None, "sort": None, "search": None}


def environment() -> dict[str, str]:
    """The person's environment without settings of ours and of PostgreSQL's; our modules are found, and kept compiled as in an image."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PG", "PYTHONDONTWRITEBYTECODE"))}
    return {**kept, "PYTHONPATH": str(ROOT)}


@dataclass
class Ground:
    """The stage; servers are started on it."""

    postgresql: PostgreSQL
    documents_pid: int
    settings: Settings
    auth: Auth
    fleet: Fleet
    jwks: Mapping[str, Any]
    _tokens: Tokens
    _signed_at: datetime = field(default_factory=lambda: SystemClock().now())

    @property
    def environment(self) -> dict[str, str]:
        """What a server finds in its environment: the database for everybody, the product's settings, nothing of the person's own."""
        product = {
            f"{PREFIX}DATABASE_URL": self.settings.database_url, f"{PREFIX}DATA_DIR": str(self.settings.data_dir),
            f"{PREFIX}SECRET_KEY": SECRET, f"{PREFIX}PUBLIC_URL": self.settings.public_url,
        }  # fmt: skip
        others = {
            "BENCH_ISSUER": self.auth.issuer, "BENCH_JWKS": orjson.dumps(self.jwks).decode(), "BENCH_STATEMENTS": str(STATEMENTS),
            "BENCH_SDL": str(ROOT / "bench" / "peers" / "fleet.graphql"),
            "NODE_ENV": "production", "BENCH_MAIN": orjson.dumps(MAIN).decode(),
        }  # fmt: skip
        return {**environment(), **product, **others, **self.postgresql.environment}

    async def token(self) -> str:
        """An access token of the profile manager with some minutes to live."""
        now = SystemClock().now()
        if now - self._signed_at > REFRESHED:
            assert self._tokens.refresh_token is not None
            self._tokens = await session_refresh(self.auth, self._tokens.refresh_token, CLIENT, at=now)
            self._signed_at = now
        return self._tokens.access_token

    async def pages(self, first: int) -> list[PageOf]:
        """Full pages of many accounts, first ones and later ones, always the same and well mixed; small subtrees come before large ones."""
        async with self.auth.database.read() as session:
            of_company = select(Organization.id).where(Organization.legal_id == self.fleet.legal_id).scalar_subquery()
            accounts = (await session.execute(select(Account.path, Account.id).where(Account.organization_id == of_company))).all()
            cards = select(Sim.path, col(Sim.by_msisdn), Sim.id).where(Sim.organization_id == of_company)
            standing: dict[str, list[tuple[str, UUID]]] = defaultdict(list)
            for path, msisdn, id in await session.execute(cards):
                standing[path].append((msisdn, id))
        pages: list[PageOf] = []
        for path, account_id in sorted(accounts, key=lambda account: (account[0].count("."), account[0]), reverse=True):
            below = sorted(card for place, cards in standing.items() if place.startswith(path) for card in cards)
            starts = range(0, len(below) - first + 1, first)
            for start in starts[:: max(1, len(starts) // WINDOWS)][:WINDOWS]:
                after = cursor_of("sims.MSISDN.asc", below[start - 1]) if start else None
                pages.append(PageOf(encode(Kind.ACCOUNT, account_id), first, start, after))
            if len(pages) >= MOST_PAGES:
                break
        return [page for stride in range(STRIDE) for page in pages[stride::STRIDE]]


@asynccontextmanager
async def ground(fleet: Fleet = Fleet.LARGE) -> AsyncIterator[Ground]:
    """Opens the stage: starts PostgreSQL and the document server, fills the database once, signs the profile manager in."""
    with _postgresql() as server:
        postgresql = server if server.pid is None else await _database(server, fleet)
        data = BUILT / "data" / (postgresql.url.database or "")
        async with document_server(data, join=False) as documents:
            documents_pid = int(orjson.loads((data / "documents.json").read_bytes())["pid"])
            environ = {f"{PREFIX}DATABASE_URL": postgresql.product_url, f"{PREFIX}SECRET_KEY": SECRET, f"{PREFIX}DATA_DIR": str(data)}
            settings = read_settings(environ)
            database = Database(settings.database_url)
            try:
                auth = Auth.on(database, Sealer(SECRET), issuer=settings.public_url)
                await _fill(postgresql, auth, fleet, documents)
                jwks, tokens = await auth.keys.jwks(SystemClock().now()), await sign_in(auth, fleet.manager)
                yield Ground(postgresql, documents_pid, settings, auth, fleet, jwks, tokens)
            finally:
                await database.close()


@contextmanager
def _postgresql() -> Iterator[PostgreSQL]:
    if named := given():
        yield named
        return
    with embedded() as server:
        yield server


async def _database(server: PostgreSQL, fleet: Fleet) -> PostgreSQL:
    """The database for a fleet: one of the last days made of what it would be made of now, else a new one in place of the old."""
    today = SystemClock().now().date()
    made_of, days = _made_of(fleet), {f"{today - timedelta(days=age):%Y%m%d}" for age in range(DAYS_KEPT)}
    engine = create_async_engine(server.product_url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            there = set((await connection.scalars(text("SELECT datname FROM pg_database"))).all())
            fit = sorted(name for name in there if name.startswith(f"{fleet}_{made_of}_") and name.rpartition("_")[2] in days)
            name = fit[-1] if fit else f"{fleet}_{made_of}_{today:%Y%m%d}"
            for old in there - {name}:
                if old.startswith(f"{fleet}_"):
                    await connection.execute(text(f'DROP DATABASE "{old}" WITH (FORCE)'))
                    shutil.rmtree(BUILT / "data" / old, ignore_errors=True)
            if not fit:
                await connection.execute(text(f'CREATE DATABASE "{name}"'))
    finally:
        await engine.dispose()
    return server.named(name)


async def _fill(postgresql: PostgreSQL, auth: Auth, fleet: Fleet, documents: str) -> None:
    """Migrates the database and puts the fleet into it unless it is there; all of it or nothing."""
    with CONSOLE.status(f"Making the {fleet} fleet, which takes {TAKES[fleet]} the first time …"):
        await migrate.upgrade(postgresql.product_url)
        async with open_documents(documents, registry.DOCUMENTS):
            is_new = await fleet.make(auth)
        if is_new:
            engine = create_async_engine(postgresql.product_url, isolation_level="AUTOCOMMIT")
            async with engine.connect() as connection:
                await connection.execute(text("VACUUM ANALYZE"))
            await engine.dispose()


def _made_of(fleet: Fleet) -> str:
    """A digest of everything that decides what stands in the database."""
    digest = hashlib.sha256()
    for file in sorted({file for pattern in MADE_OF[fleet] for file in ROOT.glob(pattern) if file.is_file()}):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


async def sign_in(auth: Auth, identity: Identity) -> Tokens:
    """Asks for a code, reads it out of the outbox and signs in with it."""
    now = SystemClock().now()
    async with auth.database.write() as session:  # nobody may ask for four codes in a quarter of an hour, except who runs this so often
        await session.execute(delete(LimitWindow))
    asked = await otp_request(auth, OtpRequest(identity, identity.channel, CLIENT.address), at=now)
    async with auth.database.read() as session:
        payload: Mapping[str, Any] = (await session.scalars(select(OutboxRow.payload).where(OutboxRow.subject == f"otp:{asked.id}"))).one()
    letter = orjson.loads(auth.sealer.open(Sealed(payload["key_id"], b64decode(payload["letter"])), OTP_KIND, UUID(payload["challenge"])))
    return await session_create(auth, Answer(asked.id, letter["code"]), CLIENT, at=now)
