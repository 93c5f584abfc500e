"""The composition root: every part that a request or a command needs, opened once and closed together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from api.faults import CannotStart
from api.settings import Settings, sealer_of
from auth.wiring import Auth
from domain import registry
from domain.audit.looking import AccessLog
from domain.files.ports import Scanner
from domain.kernel.clock import Clock, SystemClock
from domain.kernel.sealing import Sealer
from domain.payments.ports import PaymentGateway, Terminals
from gateways.inbox import Inbox
from gateways.psp_sandbox import SandboxGateway
from gateways.scanning import ClamdScanner, EicarScanner
from store.document_server import DocumentServerError, document_server
from store.documents import open_documents
from store.session import Database
from store.shape import pending

if TYPE_CHECKING:
    from api.metrics import Metrics
    from api.traces import Traces
    from store.shared import Shared


@dataclass(frozen=True, kw_only=True)
class World:
    """One running system's parts; `inbox` only in development, `shared`, `metrics` and `traces` where settings ask for them."""

    settings: Settings
    database: Database
    documents: Any
    clock: Clock
    sealer: Sealer
    auth: Auth
    access_log: AccessLog
    scanner: Scanner
    terminals: Terminals
    inbox: Inbox | None
    shared: "Shared | None" = None
    metrics: "Metrics | None" = None
    traces: "Traces | None" = None


@asynccontextmanager
async def open_stores(settings: Settings, *, owns_documents: bool = False) -> AsyncIterator[tuple[Database, Any]]:
    """Opens SQL and documents alone; `owns_documents` starts the embedded document server rather than joining it."""
    async with AsyncExitStack() as parts:
        url = settings.mongodb_url
        if url is None:
            try:
                url = await parts.enter_async_context(document_server(settings.data_dir, join=not owns_documents))
            except DocumentServerError as fault:
                raise CannotStart(str(fault)) from None
        documents = await parts.enter_async_context(open_documents(url, registry.DOCUMENTS))
        database = Database(settings.database_url)
        parts.push_async_callback(database.close)
        yield database, documents


@asynccontextmanager
async def open_world(settings: Settings, *, owns_documents: bool = False) -> AsyncIterator[World]:
    """Opens what the settings name; `owns_documents` as `open_stores` has it."""
    async with AsyncExitStack() as parts:
        database, documents = await parts.enter_async_context(open_stores(settings, owns_documents=owns_documents))
        inbox = None if settings.production else Inbox(settings.data_dir / "inbox")
        sealer, clock = sealer_of(settings), SystemClock()
        auth = Auth.on(
            database, sealer, issuer=settings.public_url, environment="live" if settings.production else "dev",
            admits_group_managers=settings.group_managers_sign_in,
        )  # fmt: skip
        parts.callback(auth.close)
        yield World(
            settings=settings,
            database=database,
            documents=documents,
            clock=clock,
            sealer=sealer,
            auth=auth,
            access_log=await parts.enter_async_context(AccessLog().running()),
            scanner=ClamdScanner(settings.clamd_url) if settings.clamd_url else EicarScanner(),
            terminals=terminals_of(settings, clock, parts),
            inbox=inbox,
            shared=_shared(settings, parts),
            metrics=import_module("api.metrics").Metrics() if settings.metrics_port else None,
            traces=_traces(settings, database, parts),
        )


def terminals_of(settings: Settings, clock: Clock, parts: AsyncExitStack) -> Terminals:
    """The payment terminals of the settings; in development the sandbox where there are none. An API process asks them too: the payer
    waits for their word."""
    by_name: dict[str, PaymentGateway] = {}
    for name, url in settings.payment_terminals.items():
        gateway = by_name[name] = import_module("gateways.psp_zarinpal").ZarinpalGateway(url)
        parts.push_async_callback(gateway.close)
    if not by_name and not settings.production:
        by_name["sandbox"] = SandboxGateway(settings.data_dir / "psp", clock, f"{settings.public_url}/dev/pay")
    return Terminals(by_name)


def _shared(settings: Settings, parts: AsyncExitStack) -> "Shared | None":
    """What counts for all processes; loaded, as metrics and traces are, where it is used only, for the time it takes to start."""
    if settings.redis_url is None:
        return None
    shared: Shared = import_module("store.shared").Shared(settings.redis_url)
    parts.push_async_callback(shared.close)
    return shared


def _traces(settings: Settings, database: Database, parts: AsyncExitStack) -> "Traces | None":
    if settings.traces_url is None:
        return None
    traces: Traces = import_module("api.traces").Traces(settings.traces_url, settings.traces_share, service="simurgh")
    parts.callback(traces.close)
    database.trace(traces.statement)
    return traces


class NotMigrated(CannotStart):
    """The database has an older shape than the code."""


async def check_migrated(settings: Settings) -> None:
    """Raises `NotMigrated` unless the database has the newest shape."""
    if await pending(settings.database_url):
        raise NotMigrated("The database is not at the newest migration: run simurgh migrate first.")
