"""The world of whoever does the work after commit: the stores, and the outside systems that an API process alone never speaks to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from api.settings import Settings
from api.world import World, open_world
from domain.billing.paper import BillPrinter
from domain.kernel.clock import Clock
from domain.notifications.ports import Mailer, SmsSender
from domain.orders.ports import Carrier
from domain.orders.receipt import ReceiptPrinter
from domain.sims.ports import Network
from gateways.bill import TypstBills
from gateways.carrier_rest import RestCarrier
from gateways.carrier_simulator import CarrierSimulator
from gateways.inbox import Inbox, InboxMailer, InboxSms
from gateways.mail import SmtpMailer
from gateways.press import Press
from gateways.receipt import TypstReceipts
from gateways.sms import HttpSms

FONTS: Final = Path(__file__).resolve().parents[1] / ".build" / "fonts"


class Operator(Carrier, Network, Protocol):
    """The operator's network: delivers what is bought and changes the state of lines."""


@dataclass(frozen=True, kw_only=True)
class Workshop(World):
    """A world with the adapters to outside systems."""

    mailer: Mailer
    sms: SmsSender
    carrier: Operator
    receipts: ReceiptPrinter
    bills: BillPrinter


@asynccontextmanager
async def open_workshop(settings: Settings, *, owns_documents: bool = False) -> AsyncIterator[Workshop]:
    """Opens a world and the adapters that the settings name; `owns_documents` as `open_world` has it."""
    async with AsyncExitStack() as parts:
        world = await parts.enter_async_context(open_world(settings, owns_documents=owns_documents))
        press = Press(FONTS)
        parts.callback(press.close)
        yield Workshop(
            **vars(world),
            mailer=_mailer(settings, world.inbox),
            sms=await _sms(settings, world.inbox, parts),
            carrier=await _carrier(settings, world.clock, parts),
            receipts=TypstReceipts(press),
            bills=TypstBills(press),
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
