"""`simurgh payments` and `simurgh vouchers` on the operator's command line."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from domain.catalogue.tables import ActivationMode
from domain.kernel.ids import Kind, encode
from store.session import Database
from tests.domain.payments.till import Till
from tests.world import TwoTenants


@pytest.fixture
def till(database: Database, two_tenants: TwoTenants, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Till:
    """A till whose store the commands work on."""
    monkeypatch.setenv("SIMURGH_DATABASE_URL", database_url)
    monkeypatch.setenv("SIMURGH_DATA_DIR", str(tmp_path))
    return Till(database, two_tenants.one, tmp_path / "psp")


async def run(*words: str) -> tuple[int, str]:
    result = await asyncio.to_thread(CliRunner().invoke, app, list(words))
    return result.exit_code, result.output


async def test_what_waits_is_listed(till: Till) -> None:
    await till.paid(1_000)
    await till.slip(2_500_000)
    page = await till.top_up(7_000)
    await till.opened(page)

    code, output = await run("payments", "waiting")

    first, second, last = output.splitlines()
    assert code == 0
    assert first.startswith("PY-1405-000002  Arya Trading  CREATED  BANK_SLIP  2,500,000  ") and first.endswith("  4711  -")
    assert second.startswith("PY-1405-000003  Arya Trading  CREATED  GATEWAY  7,000  ") and second.endswith("  -  sandbox")
    assert last == "2 payments wait"
    assert (await run("payments", "waiting", "--most", "1"))[1].splitlines()[-1] == "1 payments wait"


async def test_vouchers_are_activated_once(till: Till) -> None:
    later, codes = await till.batch(count=2, activation=ActivationMode.LATER)
    batch = encode(Kind.VOUCHER_BATCH, later)

    assert await run("vouchers", "activate", batch) == (0, "2 vouchers are valid from now on\n")

    code, output = await run("vouchers", "activate", batch)
    assert code == 1 and "These vouchers" in output
    code, _ = await run("vouchers", "activate", encode(Kind.WALLET, later))
    assert code == 1
    assert (await till.redeem(codes[0])).state == "SETTLED"
