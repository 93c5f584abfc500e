"""`simurgh transfers` as an operator runs it, and holders' SMS as the gateway tells of them."""

import asyncio
from pathlib import Path

import httpx
import pytest
from sqlmodel import select
from typer.testing import CliRunner

from api.cli import app
from api.worker import handlers
from api.workshop import Workshop
from domain.approvals.tables import Approval
from domain.kernel.ids import Kind
from domain.transfers.policies import policies_at
from domain.transfers.tables import TransferOptOut
from store import outbox
from store.session import Database
from tests.api.test_hooks import gateway as gateway
from tests.api.test_hooks import tell
from tests.transfers import prepaid
from tests.world import LEGAL_IDS, NOW, TwoTenants


async def simurgh(*arguments: str) -> tuple[int, str]:
    """The command in a thread of its own: it brings its own event loop."""
    result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    return result.exit_code, result.output


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> None:
    monkeypatch.setenv("SIMURGH_DATABASE_URL", database_url)
    monkeypatch.setenv("SIMURGH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SIMURGH_SECRET_KEY", "a master key of the tests, long enough")


async def names(database: Database, tenants: TwoTenants) -> dict[Kind, str]:
    """The policies in force a year from now."""
    async with database.read() as session:
        found = await policies_at(session, tenants.one.id, NOW.replace(year=2028))
    return {kind: terms.name for kind, terms in found.items()}


@pytest.mark.usefixtures("environment")
async def test_a_policy_is_planned_and_chosen(database: Database, two_tenants: TwoTenants, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[night]\nmost = 5_000\n")
    for_company = ("--organization", LEGAL_IDS[0])

    planned = await simurgh("transfers", "choose", "zain", *for_company, "--plan")
    before = await names(database, two_tenants)
    done = await simurgh("transfers", "choose", "zain", *for_company)
    later = await simurgh("transfers", "choose", "night", *for_company, "--for", "accounts", "--file", str(own), "--from", "2027-06-01")
    refused = [
        await simurgh("transfers", "choose", *wrong)
        for wrong in (("nothing", *for_company), ("zain", "--organization", LEGAL_IDS[1][:-1] + "1"), ("zain", *for_company, "--from", "2020-01-01"))
    ]

    assert planned[0] == done[0] == later[0] == 0 and "lines → zain" in planned[1]
    assert before == {Kind.ACCOUNT: "accounts", Kind.SIM: "lines"}
    assert await names(database, two_tenants) == {Kind.ACCOUNT: "night", Kind.SIM: "zain"}
    assert [code for code, _ in refused] == [1, 1, 1]
    assert "mobi_uz: denominations" in (await simurgh("transfers", "policies"))[1]


@pytest.mark.usefixtures("environment")
async def test_a_holder_asks_and_closes_by_sms(gateway: httpx.AsyncClient, world: Workshop, two_tenants: TwoTenants) -> None:
    await prepaid(world.database, two_tenants.one, 5_000)
    number = two_tenants.one.sims[0].msisdn or ""

    asked = [await tell(gateway, world, call, {"from": number, "text": "116*20000"}) for call in ("one", "one", "two")]
    closed = await tell(gateway, world, "three", {"from": number, "text": "*111*0151#"})
    while await outbox.run_once(world.database, handlers(world), world.clock, worker="test"):
        pass

    assert (asked, closed) == ([204, 409, 204], 204)
    async with world.database.read() as session:
        assert [one.amount for one in await session.scalars(select(Approval))] == [20_000]
        assert [one.sim_id for one in await session.scalars(select(TransferOptOut))] == [two_tenants.one.sims[0].id]
    assert world.inbox is not None
    told = sorted(message.text for message in world.inbox.messages(number))
    assert len(told) == 3 and all("T-" in text for text in told)

    assert (await simurgh("transfers", "open", number))[0] == 0
    async with world.database.read() as session:
        assert (await session.scalars(select(TransferOptOut))).all() == []
