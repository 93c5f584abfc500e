"""What is exported can be imported and is the same, in every format; no cell of a file is a formula, and no PUK stands in one."""

import io
import re
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlmodel import col, select

from domain.accounts.tables import Account, Organization
from domain.exports import service
from domain.exports.service import Wish
from domain.exports.sources import SIM_TITLES, ExportKind, Place
from domain.files.records import open_records
from domain.files.writing import ExportFormat, inert
from domain.imports import service as imports
from domain.imports.cells import clean
from domain.kernel.permissions import Permission
from domain.kernel.scope import SYSTEM, system_scope
from domain.kernel.sealing import Sealer
from domain.sims.tables import Sim, SimCounter, SimPlacement, SimSecret, SimState
from seeds import dirt, fleet
from seeds.catalogue import seed_catalogue
from seeds.companies import grown
from seeds.dice import Dice
from store.session import Database
from tests.world import NOW

COMPANY = grown(1_000)
SEALER = Sealer("a master key of the tests")
SCOPE = system_scope(Permission.SIM_READ, NOW)
HOSTILE = ("=HYPERLINK(\"http://evil.example\",\"click\")", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)", "'quoted", "''twice", "=\"00\"", "+98935", "a;b,c\"d", "نیما ‌ن")


@pytest.fixture
async def place(database: Database, tmp_path: Path) -> Place:
    """A company of 400 cards, some of whose holders have names as nobody has."""
    async with database.write() as session:
        await seed_catalogue(session, NOW)
    fleet.write_accounts(tmp_path / "accounts.csv", [COMPANY])
    await imports.import_accounts(database, tmp_path / "accounts.csv", imports.Wish(SYSTEM, NOW))
    dirt.write(tmp_path / "sims.csv", dirt.clean(Dice(3), COMPANY, 400, at=NOW))
    report = await imports.import_sims(database, tmp_path / "sims.csv", imports.Wish(SYSTEM, NOW), SEALER)
    assert report.made_count == 400
    async with database.write() as session:
        ids = (await session.scalars(select(Sim.id).order_by(col(Sim.iccid)).limit(len(HOSTILE)))).all()
        for id, name in zip(ids, HOSTILE, strict=True):
            await session.execute(update(Sim).where(col(Sim.id) == id).values(holder_name=clean(inert(name)), tags="|a, b|c|"))
        organization_id = (await session.scalars(select(Organization.id))).one()
        path = (await session.scalars(select(Account.path).where(col(Account.depth) == 0))).one()
    return Place(organization_id, path)


async def exported(database: Database, place: Place, format: ExportFormat) -> bytes:
    file = io.BytesIO()
    count = await service.write(database, SCOPE, Wish(ExportKind.SIMS, format, place), file)
    assert count == 400
    return file.getvalue()


def table(content: bytes) -> list[list[str]]:
    with open_records(io.BytesIO(content)) as records:
        return sorted([list(records.titles), *(cells for _, cells in records.rows)])


@pytest.mark.parametrize("format", list(ExportFormat))
async def test_export_and_import_is_a_round_trip(database: Database, place: Place, tmp_path: Path, format: ExportFormat) -> None:
    before = await exported(database, place, format)
    (tmp_path / "export").write_bytes(before)
    async with database.write() as session:
        for table_of in (SimCounter, SimPlacement, SimSecret, SimState, Sim):
            await session.execute(delete(table_of))

    report = await imports.import_sims(database, tmp_path / "export", imports.Wish(SYSTEM, NOW), SEALER)
    after = await exported(database, place, format)

    assert (report.rejects, report.made_count) == ([], 400)
    assert table(after) == table(before)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_cell_is_a_formula_and_no_puk_is_there(database: Database, place: Place) -> None:
    assert not {title for title in SIM_TITLES if "puk" in title}
    for format in (ExportFormat.CSV, ExportFormat.XLSX):
        content = await exported(database, place, format)
        cells = {cell for row in table(content) for cell in row}
        assert not {cell for cell in cells if re.match(r"[=@\t\r]|[+-](?!\d+$)", cell)}
        assert sum(cell.startswith("'") for cell in cells) >= 5
        if format is ExportFormat.CSV:
            assert content.startswith(b"\xef\xbb\xbf")


def test_what_is_neutralised_is_read_back() -> None:
    for text in HOSTILE:
        assert clean(inert(text)) == text
