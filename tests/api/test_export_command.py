"""`simurgh export` writes a list by the name of its file, and nothing for a company that isn't there."""

import asyncio
from pathlib import Path

from sqlmodel import select
from typer.testing import CliRunner

from api.cli import app
from domain.files.records import open_records
from domain.sims.tables import Sim
from store import migrate
from store.session import Database
from tests.world import LEGAL_IDS, make_two_tenants


async def filled(url: str) -> set[str | None]:
    await migrate.upgrade(url)
    database = Database(url)
    tenants = await make_two_tenants(database)
    async with database.read() as session:
        numbers = set((await session.scalars(select(Sim.msisdn).where(Sim.organization_id == tenants.one.id))).all())
    await database.close()
    return numbers


def test_a_list_goes_to_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    numbers = asyncio.run(filled(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'simurgh.db'}"))
    environment = {"SIMURGH_DATA_DIR": str(tmp_path / "data"), "SIMURGH_MONGODB_URL": "mongodb://127.0.0.1:1/none"}

    written = CliRunner().invoke(app, ["export", "sims", LEGAL_IDS[0], str(tmp_path / "sims.xlsx")], env=environment)
    nobody = CliRunner().invoke(app, ["export", "sims", "10100000017", str(tmp_path / "none.csv")], env=environment)

    assert (written.exit_code, nobody.exit_code, (tmp_path / "none.csv").exists()) == (0, 1, False), written.output
    with open_records(tmp_path / "sims.xlsx") as records:
        assert {cells[records.titles.index("msisdn")] for _, cells in records.rows} == numbers
