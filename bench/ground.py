"""What every server of a benchmark stands on: the database with the fleet, the document server, somebody signed in, the pages to read."""

import hashlib
import os
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from json import loads
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import select

from api.settings import PREFIX, Settings, read_settings
from auth.otp import OTP_KIND, OtpRequest, otp_request
from auth.proofs import Answer
from auth.sessions import Client, Tokens, session_create, session_refresh
from auth.tables import LimitWindow
from auth.wiring import Auth
from bench import company
from bench.console import CONSOLE
from bench.postgresql import BUILT, PostgreSQL, embedded, given
from domain import registry
from domain.accounts.tables import Account, Organization
from domain.kernel.clock import SystemClock
from domain.kernel.ids import Kind, encode
from domain.kernel.paging import cursor_of
from domain.kernel.sealing import Sealed, Sealer
from domain.sims.tables import Sim
from store import migrate
from store.document_server import document_server
from store.outbox import OutboxRow
from store.session import Database

ROOT = Path(__file__).resolve().parents[1]
STATEMENTS = BUILT / "statements.json"
LANGUAGE = company.LANGUAGE
SECRET = "the benchmark's master key, which guards nothing"
CLIENT = Client("127.0.0.1", "bench")
MADE_FROM = ("migrations/versions/*.py", "domain/**/tables.py", "auth/tables.py", "seeds/*", "bench/company.py")
REFRESHED = timedelta(minutes=8)
"""How old an access token may get: it dies at fifteen minutes, and a measurement must not see that."""
WINDOWS = 4
MOST_PAGES = 120
"""Windows of one account, and pages altogether, that a measurement goes round in."""

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


@dataclass
class Ground:
    """The stage; servers are started on it."""

    postgresql: PostgreSQL
    documents_pid: int
    settings: Settings
    auth: Auth
    jwks: Mapping[str, Any]
    _tokens: Tokens
    _signed_at: datetime = field(default_factory=lambda: SystemClock().now())

    @property
    def environment(self) -> dict[str, str]:
        """What a server finds in its environment: the database for everybody, the product's settings, nothing of the person's own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PG"))}
        product = {
            f"{PREFIX}DATABASE_URL": self.settings.database_url, f"{PREFIX}DATA_DIR": str(self.settings.data_dir),
            f"{PREFIX}SECRET_KEY": SECRET, f"{PREFIX}PUBLIC_URL": self.settings.public_url,
        }  # fmt: skip
        others = {
            "BENCH_ISSUER": self.auth.issuer, "BENCH_JWKS": orjson.dumps(self.jwks).decode(), "BENCH_STATEMENTS": str(STATEMENTS),
            "BENCH_SDL": str(ROOT / "bench" / "peers" / "fleet.graphql"), "NODE_ENV": "production",
        }  # fmt: skip
        return {**kept, **product, **others, **self.postgresql.environment, "PYTHONPATH": str(ROOT)}

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
        pages = []
        async with self.auth.database.read() as session:
            of_company = select(Organization.id).where(Organization.legal_id == company.LEGAL_ID).scalar_subquery()
            accounts = (await session.execute(select(Account.id, Account.path).where(Account.organization_id == of_company))).all()
            cards = select(Sim.path, func.coalesce(Sim.msisdn, ""), Sim.id).where(Sim.organization_id == of_company)
            sims = sorted((await session.execute(cards)).all(), key=lambda card: card[1:])
        below = {id: [(msisdn, sim) for place, msisdn, sim in sims if place.startswith(path)] for id, path in accounts}
        for account_id, fleet in sorted(below.items(), key=lambda item: (len(item[1]), item[0])):
            starts = range(0, len(fleet) - first, first)
            for start in starts[:: max(1, len(starts) // WINDOWS)][:WINDOWS]:
                after = cursor_of("sims.MSISDN.asc", fleet[start - 1]) if start else None
                pages.append(PageOf(encode(Kind.ACCOUNT, account_id), first, start, after))
        pages = pages[:MOST_PAGES]
        return [page for stride in range(7) for page in pages[stride::7]]


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Opens the stage: migrates and fills the database once, starts the document server, signs the profile manager in."""
    with _postgresql() as server:
        postgresql = await _filled(server)
        data = BUILT / "data"
        async with document_server(data, join=False):
            documents_pid = int(loads((data / "documents.json").read_text())["pid"])
            environ = {f"{PREFIX}DATABASE_URL": postgresql.product_url, f"{PREFIX}SECRET_KEY": SECRET, f"{PREFIX}DATA_DIR": str(data)}
            settings = read_settings(environ)
            database = Database(settings.database_url)
            try:
                auth = Auth.on(database, Sealer(SECRET), issuer=settings.public_url)
                yield Ground(postgresql, documents_pid, settings, auth, await auth.keys.jwks(SystemClock().now()), await sign_in(auth))
            finally:
                await database.close()


@contextmanager
def _postgresql() -> Iterator[PostgreSQL]:
    if named := given():
        yield named
        return
    with embedded() as server:
        yield server


async def _filled(server: PostgreSQL) -> PostgreSQL:
    """The database with the fleet: the one the person named, or one of ours, made anew when what it is made from changes."""
    if server.pid is None:
        await _fill(server)
        return server
    name, draft = f"fleet_{_made_from()}", "draft"
    engine = create_async_engine(server.product_url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            there = set((await connection.scalars(text("SELECT datname FROM pg_database"))).all())
            if name not in there:
                for old in there:
                    if old == draft or old.startswith("fleet_"):
                        await connection.execute(text(f'DROP DATABASE "{old}" WITH (FORCE)'))
                await connection.execute(text(f'CREATE DATABASE "{draft}"'))
                await _fill(server.named(draft))
                await connection.execute(text(f'ALTER DATABASE "{draft}" RENAME TO "{name}"'))
    finally:
        await engine.dispose()
    return server.named(name)


async def _fill(postgresql: PostgreSQL) -> None:
    """Migrates a database and puts the fleet into it unless it has it."""
    with CONSOLE.status("Making the fleet …"):
        await migrate.upgrade(postgresql.product_url)
        database = Database(postgresql.product_url)
        try:
            if not await company.is_there(database):
                await company.make_company(database, at=SystemClock().now())
        finally:
            await database.close()
        engine = create_async_engine(postgresql.product_url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text("VACUUM ANALYZE"))
        await engine.dispose()


def _made_from() -> str:
    digest = hashlib.sha256()
    for file in sorted({file for pattern in MADE_FROM for file in ROOT.glob(pattern) if file.is_file()}):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


async def sign_in(auth: Auth) -> Tokens:
    """Asks for a code as the profile manager, reads it out of the outbox and signs in with it."""
    now, identity = SystemClock().now(), company.manager()
    async with auth.database.write() as session:  # nobody may ask for four codes in a quarter of an hour, except who runs this so often
        await session.execute(delete(LimitWindow))
    asked = await otp_request(auth, OtpRequest(identity, identity.channel, CLIENT.address), at=now)
    async with auth.database.read() as session:
        payload: Mapping[str, Any] = (await session.scalars(select(OutboxRow.payload).where(OutboxRow.subject == f"otp:{asked.id}"))).one()
    letter = orjson.loads(auth.sealer.open(Sealed(payload["key_id"], b64decode(payload["letter"])), OTP_KIND, UUID(payload["challenge"])))
    return await session_create(auth, Answer(asked.id, letter["code"]), CLIENT, at=now)
