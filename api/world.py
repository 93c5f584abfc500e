"""The composition root: every part that a request, the worker or a command needs, opened once and closed together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from api.settings import Settings
from auth.wiring import Auth
from domain import registry
from domain.audit.looking import AccessLog
from domain.kernel.clock import Clock, SystemClock
from domain.kernel.sealing import Sealer
from domain.notifications.ports import Mailer, SmsSender
from domain.orders.ports import Carrier
from domain.orders.receipt import ReceiptPrinter
from domain.sims.ports import Network
from gateways.carrier_rest import RestCarrier
from gateways.carrier_simulator import CarrierSimulator
from gateways.inbox import Inbox, InboxMailer, InboxSms
from gateways.mail import SmtpMailer
from gateways.receipt import TypstReceipts
from gateways.sms import HttpSms
from store.document_server import document_server
from store.documents import open_documents
from store.session import Database

FONTS: Final = Path(__file__).resolve().parents[1] / ".build" / "fonts"


class Operator(Carrier, Network, Protocol):
    """The operator's network: delivers what is bought and changes the state of lines."""


@dataclass(frozen=True)
class World:
    """One running system's parts; `inbox` only in development."""

    settings: Settings
    database: Database
    documents: Any
    clock: Clock
    sealer: Sealer
    auth: Auth
    mailer: Mailer
    sms: SmsSender
    carrier: Operator
    receipts: ReceiptPrinter
    access_log: AccessLog
    inbox: Inbox | None


@asynccontextmanager
async def open_world(settings: Settings, *, clock: Clock | None = None, owns_documents: bool = False) -> AsyncIterator[World]:
    """Opens the stores and adapters that the settings name; `owns_documents` starts the embedded document server rather than joining it."""
    async with AsyncExitStack() as parts:
        url = settings.mongodb_url
        if url is None:
            url = await parts.enter_async_context(document_server(settings.data_dir, join=not owns_documents))
        documents = await parts.enter_async_context(open_documents(url, registry.DOCUMENTS))
        database = Database(settings.database_url)
        parts.push_async_callback(database.close)
        inbox = None if settings.production else Inbox(settings.data_dir / "inbox")
        sealer = Sealer(settings.secret_key)
        clock = clock or SystemClock()
        receipts = TypstReceipts(FONTS)
        parts.callback(receipts.close)
        yield World(
            settings=settings,
            database=database,
            documents=documents,
            clock=clock,
            sealer=sealer,
            auth=Auth.on(database, sealer, issuer=settings.public_url, environment="live" if settings.production else "dev"),
            mailer=_mailer(settings, inbox),
            sms=await _sms(settings, inbox, parts),
            carrier=await _carrier(settings, clock, parts),
            receipts=receipts,
            access_log=await parts.enter_async_context(AccessLog().running()),
            inbox=inbox,
        )


def _mailer(settings: Settings, inbox: Inbox | None) -> Mailer:
    """The mail server of the settings, or the inbox."""
    if settings.smtp_url:
        return SmtpMailer(settings.smtp_url)
    return InboxMailer(_needed(inbox))


async def _sms(settings: Settings, inbox: Inbox | None, parts: AsyncExitStack) -> SmsSender:
    """The SMS gateway of the settings, or the inbox."""
    if settings.sms_url:
        gateway = HttpSms(settings.sms_url)
        parts.push_async_callback(gateway.close)
        return gateway
    return InboxSms(_needed(inbox))


async def _carrier(settings: Settings, clock: Clock, parts: AsyncExitStack) -> Operator:
    """The carrier of the settings, or the simulator."""
    if settings.carrier_url:
        carrier = RestCarrier(settings.carrier_url)
        parts.push_async_callback(carrier.close)
        return carrier
    return CarrierSimulator(settings.data_dir / "carrier", clock)


def _needed(inbox: Inbox | None) -> Inbox:
    """The inbox, which production has not: its settings were refused before."""
    assert inbox is not None  # noqa: S101 (Settings refuses production without real gateways)
    return inbox
