"""The simulated network: takes its time, refuses, falls silent by the last digits, and remembers over restarts."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from domain.catalogue.tables import ActivationMode
from domain.kernel.ids import uuid7
from domain.orders.ports import Allowance, CarrierSilent, Outcome, Provision
from domain.sims.ports import NetworkRefused, NetworkSilent
from domain.sims.states import Barring, SimStatus
from gateways.carrier_simulator import DELAY, REFUSAL, CarrierSimulator, Manners
from tests.world import MovableClock


class Line:
    """One network and one item for a line."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, MovableClock()
        self.network = CarrierSimulator(folder, self.clock)

    def restart(self) -> None:
        self.network = CarrierSimulator(self.folder, self.clock)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "carrier")


def item(msisdn: str, id: UUID | None = None) -> Provision:
    return Provision(id or uuid7(), "SO-1405-000001", msisdn, "8998350000000000011", "DATA10", [Allowance("DATA", 1)], ActivationMode.NOW, None)


async def test_work_takes_a_moment_and_is_remembered(line: Line) -> None:
    order = item("+989350000400")
    assert (await line.network.progress(order.item_id)).outcome is Outcome.UNKNOWN
    assert (await line.network.provision(order)).outcome is Outcome.ACCEPTED
    line.restart()
    line.clock.move(DELAY - timedelta(seconds=1))
    assert (await line.network.progress(order.item_id)).outcome is Outcome.ACCEPTED
    line.clock.move(timedelta(seconds=1))

    assert (await line.network.progress(order.item_id)).outcome is Outcome.COMPLETED
    assert (await line.network.provision(order)).outcome is Outcome.COMPLETED


async def test_some_lines_are_refused(line: Line) -> None:
    order = item("+989350000413")

    for answer in (await line.network.provision(order), await line.network.progress(order.item_id)):
        assert (answer.outcome, answer.reason) == (Outcome.REFUSED, REFUSAL)


async def test_a_lost_answer(line: Line) -> None:
    order = item("+989350000431")
    with pytest.raises(CarrierSilent):
        await line.network.provision(order)
    line.restart()

    assert (await line.network.progress(order.item_id)).outcome is Outcome.ACCEPTED


async def test_a_lost_request_never_arrived(line: Line) -> None:
    order = item("+989350000432")
    with pytest.raises(CarrierSilent):
        await line.network.provision(order)
    line.restart()

    assert (await line.network.progress(order.item_id)).outcome is Outcome.UNKNOWN
    assert (await line.network.provision(order)).outcome is Outcome.ACCEPTED
    line.clock.move(DELAY)
    assert (await line.network.progress(order.item_id)).outcome is Outcome.COMPLETED


async def test_manners_are_a_matter_of_settings(line: Line) -> None:
    line.network = CarrierSimulator(line.folder, line.clock, Manners(delay=timedelta(0), refused="400"))

    assert (await line.network.provision(item("+989350000413"))).outcome is Outcome.COMPLETED
    assert (await line.network.provision(item("+989350000400"))).outcome is Outcome.REFUSED


async def test_states_of_lines(line: Line) -> None:
    async def put(iccid: str, id: UUID | None = None) -> None:
        await line.network.set_state(id or uuid7(), iccid, SimStatus.BLOCKED, Barring.ALL)

    await put("8998350000000000011")
    with pytest.raises(NetworkRefused) as caught:
        await put("8998350000000000136")
    assert caught.value.reason == REFUSAL
    for iccid in ("8998350000000000318", "8998350000000000326"):
        command = uuid7()
        with pytest.raises(NetworkSilent):
            await put(iccid, command)
        await put(iccid, command)
