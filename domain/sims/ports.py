"""What the sims area asks of the network."""

from typing import Protocol
from uuid import UUID

from domain.sims.states import Barring, SimStatus


class NetworkRefused(Exception):
    """The network says no, for good; `reason` is its own word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NetworkSilent(Exception):
    """The network gave no answer in time: what it was asked may or may not have been done, so the same command is asked again."""


class Network(Protocol):
    """The carrier's provisioning of lines (TMF639 resource state)."""

    async def set_state(self, command_id: UUID, iccid: str, status: SimStatus, barring: Barring) -> None:
        """Makes a line work so; the same command twice does it once. Raises `NetworkRefused` or `NetworkSilent`."""
        ...

    async def lock_device(self, command_id: UUID, iccid: str, imei: str | None) -> None:
        """Lets a card work in one device only, null in any; the same command twice does it once. Raises as `set_state`."""
        ...

    async def replace_card(
        self, command_id: UUID, iccid: str, was_iccid: str, msisdn: str, status: SimStatus, barring: Barring
    ) -> None:
        """Moves a number from a card to a spare one, in this state; the same command twice does it once. Raises as `set_state`."""
        ...
