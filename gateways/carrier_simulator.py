"""The network of development: takes orders and changes of state, with delays, refusals and silences that follow from the last digits.

What it was told is kept as one small file for each order item or command, so that it answers the same after a restart and to every
process. Products go by the line's number, changes of state by the card's serial without its check digit:

- `…13` is refused,
- `…31` takes it, but the answer is lost the first time,
- `…32` is lost before it arrives, the first time,
- anything else works, a moment later.
"""

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from domain.kernel.clock import Clock
from domain.orders.ports import CarrierAnswer, CarrierSilent, Outcome, Provision
from domain.sims.ports import NetworkRefused, NetworkSilent
from domain.sims.states import Barring, SimStatus

DELAY = timedelta(seconds=3)
REFUSAL = "LINE_NOT_PROVISIONABLE"


@dataclass(frozen=True, slots=True)
class Manners:
    """Which endings of a number or serial make the network misbehave, and how long its work takes."""

    delay: timedelta = DELAY
    refused: str = "13"
    answer_lost: str = "31"
    request_lost: str = "32"


class CarrierSimulator:
    """Plays `domain.orders.ports.Carrier` and `domain.sims.ports.Network` on a folder."""

    def __init__(self, folder: Path, clock: Clock, manners: Manners = Manners()) -> None:
        self._folder = folder
        self._clock = clock
        self._manners = manners

    async def provision(self, item: Provision) -> CarrierAnswer:
        """Takes an order item once; told again it answers where the first stands."""
        told = await asyncio.to_thread(self._told, item.item_id, item.msisdn, lambda lost: CarrierSilent(lost))
        return self._answer(told)

    async def progress(self, item_id: UUID) -> CarrierAnswer:
        """Where an order item stands."""
        told = await asyncio.to_thread(self._read, item_id)
        return CarrierAnswer(Outcome.UNKNOWN) if told is None or told["is_lost"] else self._answer(told)

    async def set_state(self, command_id: UUID, iccid: str, status: SimStatus, barring: Barring) -> None:
        """Takes a change of state at once, or refuses it."""
        await self._take(command_id, iccid)

    async def lock_device(self, command_id: UUID, iccid: str, imei: str | None) -> None:
        """Takes a lock at once, or refuses it."""
        await self._take(command_id, iccid)

    async def replace_card(
        self, command_id: UUID, iccid: str, was_iccid: str, msisdn: str, status: SimStatus, barring: Barring
    ) -> None:
        """Takes a replacement at once, or refuses it, by the serial of the new card."""
        await self._take(command_id, iccid)

    async def _take(self, command_id: UUID, iccid: str) -> None:
        told = await asyncio.to_thread(self._told, command_id, iccid[:-1], lambda lost: NetworkSilent(lost))
        if self._answer(told).outcome is Outcome.REFUSED:
            raise NetworkRefused(REFUSAL)

    def _told(self, id: UUID, digits: str, silence: Callable[[str], Exception]) -> dict[str, Any]:
        """What is known of something after hearing of it once more."""
        told = self._read(id)
        if told is not None and not told["is_lost"]:
            return told
        is_first = told is None
        is_lost = is_first and digits.endswith(self._manners.request_lost)
        is_refused = digits.endswith(self._manners.refused)
        told = {"at": self._clock.now().isoformat(), "is_refused": is_refused, "is_lost": is_lost}
        self._write(id, told)
        if is_lost:
            raise silence("the request was lost")
        if is_first and digits.endswith(self._manners.answer_lost):
            raise silence("the answer was lost")
        return told

    def _answer(self, told: dict[str, Any]) -> CarrierAnswer:
        if told["is_refused"]:
            return CarrierAnswer(Outcome.REFUSED, REFUSAL)
        is_done = self._clock.now() >= datetime.fromisoformat(told["at"]) + self._manners.delay
        return CarrierAnswer(Outcome.COMPLETED if is_done else Outcome.ACCEPTED)

    def _read(self, id: UUID) -> dict[str, Any] | None:
        try:
            told: dict[str, Any] = json.loads((self._folder / f"{id}.json").read_bytes())
        except FileNotFoundError:
            return None
        return told

    def _write(self, id: UUID, told: dict[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Readers never see half a file: the name appears with the whole content.
        unfinished = self._folder / f".{os.getpid()}_{id}"
        unfinished.write_text(json.dumps(told))
        unfinished.rename(self._folder / f"{id}.json")
