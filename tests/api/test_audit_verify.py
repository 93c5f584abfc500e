"""`simurgh audit verify`, as an operator runs it."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from api.cli import app
from domain.audit import chain
from domain.audit.tables import AuditEntry
from domain.kernel.scope import SYSTEM
from store.session import Database
from tests.world import NOW, TwoTenants


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> None:
    """The settings of a development machine, on this test's database."""
    monkeypatch.setenv("SIMURGH_DATABASE_URL", database_url)
    monkeypatch.setenv("SIMURGH_DATA_DIR", str(tmp_path))


async def write_two(database: Database, organization_id: UUID) -> None:
    async with database.write() as session:
        for action in ("simBlock", "simUnblock"):
            await chain.append(session, organization_id, by=SYSTEM, action=action, at=NOW, path="", reason="lost")


async def verify() -> tuple[int, str]:
    """The command in a thread of its own: it brings its own event loop."""
    result = await asyncio.to_thread(CliRunner().invoke, app, ["audit", "verify"])
    return result.exit_code, result.output


async def test_whole_chains(environment: None, database: Database, two_tenants: TwoTenants) -> None:
    await write_two(database, two_tenants.one.id)
    await write_two(database, two_tenants.other.id)

    assert await verify() == (0, "2 of 2 chains are whole\n")


async def test_one_changed_byte_is_named(environment: None, database: Database, two_tenants: TwoTenants) -> None:
    await write_two(database, two_tenants.one.id)
    await write_two(database, two_tenants.other.id)
    async with database.write() as session:
        of_the_other = (AuditEntry.organization_id == two_tenants.other.id) & (AuditEntry.seq == 2)
        await session.execute(update(AuditEntry).where(of_the_other).values(reason="lose"))

    code, output = await verify()

    assert code == 1
    assert output == f"organization {two_tenants.other.id}: entry 2 doesn't fit\n1 of 2 chains are whole\n"
