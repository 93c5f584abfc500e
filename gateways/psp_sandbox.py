"""The payment gateway of development: takes no money, and misbehaves in the ways of real ones when its page is told to.

What it was asked is kept as one small file for each page and each refund, so that it answers the same after a restart and to every
process. A page that nobody used is dead after a quarter of an hour.
"""

import asyncio
import hashlib
import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from domain.kernel.clock import Clock
from domain.payments.ports import Outcome, Page, PageRequest, Verdict

PAGE_LIFE = timedelta(minutes=15)
SLOW_FOR = timedelta(seconds=20)
_AUTHORITY = re.compile(r"S[0-9a-f]{24}")


class Answer(StrEnum):
    """What the page is told to do."""

    PAY = "pay"
    REFUSE = "refuse"
    SLOW = "slow"  # paid, but verifying says so only later
    TWICE = "twice"  # paid, and the browser comes back twice
    NEVER = "never"  # paid, and the browser never comes back
    LEAVE = "leave"  # not paid, and says so
    FORGE = "forge"  # not paid, and says it was


PAYING = frozenset({Answer.PAY, Answer.SLOW, Answer.TWICE, Answer.NEVER})


@dataclass(frozen=True, slots=True)
class Sitting:
    """One page: what was asked for, and what its payer did."""

    amount: int
    description: str
    callback_url: str
    opened_at: str
    paid_at: str | None = None
    ready_at: str | None = None
    is_refused: bool = False


class SandboxGateway:
    """Plays `domain.payments.ports.PaymentGateway` on a folder; `pages` is where its pages are, without the authority."""

    gives_back = True

    def __init__(self, folder: Path, clock: Clock, pages: str) -> None:
        self._folder = folder
        self._clock = clock
        self._pages = pages

    async def open_page(self, wanted: PageRequest) -> Page:
        """Opens a page."""
        authority = f"S{secrets.token_hex(12)}"
        opened_at = self._clock.now().isoformat()
        await asyncio.to_thread(self._write, authority, asdict(Sitting(wanted.amount, wanted.description, wanted.callback_url, opened_at)))
        return Page(authority, f"{self._pages}/{authority}")

    async def verify(self, authority: str, amount: int) -> Verdict:
        """Tells what the payer did."""
        sitting = await asyncio.to_thread(self.sitting, authority)
        if sitting is None or sitting.amount != amount:
            return Verdict(Outcome.REFUSED, reason="no such page" if sitting is None else "another amount")
        if sitting.is_refused:
            return Verdict(Outcome.REFUSED, reason="refused by the payer's bank")
        if sitting.paid_at is None:
            return Verdict(Outcome.REFUSED, reason="not paid in time") if self._is_dead(sitting) else Verdict(Outcome.UNPAID)
        if sitting.ready_at is not None and self._clock.now() < datetime.fromisoformat(sitting.ready_at):
            return Verdict(Outcome.PENDING)
        return Verdict(Outcome.DONE, reference=_number(authority))

    async def give_back(self, authority: str, amount: int, whole: int, key: str) -> Verdict:
        """Gives back as long as there is something left."""
        return await asyncio.to_thread(self._give_back, authority, amount, key)

    def sitting(self, authority: str) -> Sitting | None:
        """A page by its authority; null when there is none."""
        kept = self._read(authority) if _AUTHORITY.fullmatch(authority) else None
        return Sitting(**kept) if kept is not None else None

    def act(self, authority: str, answer: Answer) -> Sitting | None:
        """Does what a payer does on a page, once: null when there is nothing to do any more."""
        sitting = self.sitting(authority)
        if sitting is None or sitting.paid_at is not None or sitting.is_refused or self._is_dead(sitting):
            return None
        now = self._clock.now()
        if answer in PAYING:
            ready_at = now + SLOW_FOR if answer is Answer.SLOW else now
            sitting = replace(sitting, paid_at=now.isoformat(), ready_at=ready_at.isoformat())
        elif answer is Answer.REFUSE:
            sitting = replace(sitting, is_refused=True)
        self._write(authority, asdict(sitting))
        return sitting

    def _is_dead(self, sitting: Sitting) -> bool:
        return self._clock.now() >= datetime.fromisoformat(sitting.opened_at) + PAGE_LIFE

    def _give_back(self, authority: str, amount: int, key: str) -> Verdict:
        sitting = self.sitting(authority)
        if sitting is None or sitting.paid_at is None:
            return Verdict(Outcome.REFUSED, reason="nothing was paid")
        name = f"{authority}.{key}"
        if self._read(name) is None:
            before = sum(json.loads(file.read_bytes())["amount"] for file in self._folder.glob(f"{authority}.*.json"))
            if before + amount > sitting.amount:
                return Verdict(Outcome.REFUSED, reason="more than was paid")
            self._write(name, {"amount": amount})
        return Verdict(Outcome.DONE, reference=_number(name))

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            kept: dict[str, Any] = json.loads((self._folder / f"{name}.json").read_bytes())
        except FileNotFoundError:
            return None
        return kept

    def _write(self, name: str, kept: dict[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Readers never see half a file: the name appears with the whole content.
        unfinished = self._folder / f".{os.getpid()}_{secrets.token_hex(4)}"
        unfinished.write_text(json.dumps(kept))
        unfinished.rename(self._folder / f"{name}.json")


def _number(name: str) -> str:
    """The gateway's number of what it did: the same however often it is asked."""
    return f"{int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], 'big') % 10**12:012}"
