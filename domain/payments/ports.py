"""What payments ask of a payment gateway with a redirect; adapters stand in `gateways/psp_sandbox.py` and `gateways/psp_zarinpal.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A pay page asked for: the amount in rials, words for the payer, where the payer's browser comes back to, and our number."""

    amount: int
    description: str
    callback_url: str
    number: str


@dataclass(frozen=True, slots=True)
class Page:
    """A pay page: its address, and the authority by which the gateway knows it from now on."""

    authority: str
    url: str


class Outcome(StrEnum):
    """What the gateway says about a payment or about giving one back."""

    DONE = "DONE"  # the money is ours, or back
    UNPAID = "UNPAID"  # the payer hasn't paid and still may
    PENDING = "PENDING"  # on its way: ask again
    REFUSED = "REFUSED"  # it never will be


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer of the gateway; `reference` is its own number of what was done, `reason` its own words for a refusal."""

    outcome: Outcome
    reference: str | None = None
    reason: str | None = None


class GatewayRefused(Exception):
    """The gateway won't open a page for this, in its own words."""


class GatewaySilent(Exception):
    """No answer that can be relied on: nothing is concluded from it."""


class PaymentGateway(Protocol):
    """One terminal of a payment gateway; whatever a browser says, only `verify` tells whether money came."""

    gives_back: bool
    """Whether it can be asked to give money back; otherwise people do that by hand."""

    async def open_page(self, wanted: PageRequest) -> Page:
        """Asks for a pay page. Raises `GatewayRefused` and `GatewaySilent`."""
        ...

    async def verify(self, authority: str, amount: int) -> Verdict:
        """Takes the money if it was paid, once however often it is asked, and tells. Raises `GatewaySilent`."""
        ...

    async def give_back(self, authority: str, amount: int, whole: int, key: str) -> Verdict:
        """Gives back so much of what came whole, once for the same key. Raises `GatewaySilent`."""
        ...


@dataclass(frozen=True, slots=True)
class Terminals:
    """The operator's terminals by name, in order: what is paid for chooses the one of its own name (SF-14), else the first is taken."""

    by_name: Mapping[str, PaymentGateway]

    def name_for(self, purpose: str) -> str | None:
        """The terminal for a purpose, such as `wallet` or `bill`; null when there is none at all."""
        return purpose if purpose in self.by_name else next(iter(self.by_name), None)

    def named(self, name: str | None) -> PaymentGateway | None:
        """A terminal by its name; null when the operator has it no more."""
        return self.by_name.get(name) if name else None
