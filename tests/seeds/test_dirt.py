"""A dirty file of a thousand rows yields exactly the rejects that were put into it, in every format, on both engines; a clean one none."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import select

from domain.files.records import open_records
from domain.files.writing import ExportFormat
from domain.imports.columns import SIMS
from domain.imports.report import by_line, write_rejects
from domain.imports.service import Wish, import_accounts, import_sims
from domain.kernel.locale import Locale
from domain.kernel.plan import BulkErrorPolicy
from domain.kernel.scope import SYSTEM
from domain.kernel.sealing import Sealer
from domain.sims.tables import Sim
from seeds import dirt, fleet
from seeds.catalogue import seed_catalogue
from seeds.companies import grown
from seeds.dice import Dice
from store.session import Database
from tests.world import NOW

COMPANY = grown(1_000)
WISH = Wish(SYSTEM, NOW)
SEALER = Sealer("a master key of the tests")


@pytest.fixture
async def customer(database: Database, tmp_path: Path) -> Database:
    """A company without cards, and the catalogue."""
    async with database.write() as session:
        await seed_catalogue(session, NOW)
    fleet.write_accounts(tmp_path / "accounts.csv", [COMPANY])
    await import_accounts(database, tmp_path / "accounts.csv", WISH)
    return database


async def cards(database: Database) -> int:
    async with database.read() as session:
        return int((await session.execute(select(func.count()).select_from(Sim))).scalar_one())


@pytest.mark.parametrize("format", list(ExportFormat))
async def test_a_dirty_file_yields_exactly_the_expected_rejects(customer: Database, tmp_path: Path, format: ExportFormat) -> None:
    rows, expected = dirt.dirty(Dice(7), COMPANY, 1_000, at=NOW)
    shift = 1 if format is ExportFormat.JSONL else 0  # without a header line
    path = tmp_path / "dirty"
    dirt.write(path, rows, format)

    refused = await import_sims(customer, path, WISH, SEALER)
    before = await cards(customer)
    skipped = await import_sims(customer, path, replace(WISH, policy=BulkErrorPolicy.SKIP_FAILED), SEALER)

    told = sorted((reject.line + shift, reject.column, reject.reason.message_key) for reject in refused.rejects)
    assert told == sorted((one.line, one.column, one.reason) for one in expected)
    assert {one.reason for one in expected} == {kind.reason for kind in dirt.FAULTS.values()} and len(dirt.FAULTS) >= 30
    assert (refused.is_written, before) == (False, 0)
    assert [(r.line, r.column, r.reason) for r in skipped.rejects] == [(r.line, r.column, r.reason) for r in refused.rejects]
    assert skipped.made_count == await cards(customer) == 1_000 - len({one.line for one in expected})
    rejects = tmp_path / "rejects.csv"
    with rejects.open("wb") as file:
        write_rejects(file, path, SIMS, by_line(skipped.rejects), Locale.FA)
    with open_records(rejects) as records:
        assert records.titles[:-2] == list(dirt.TITLES)
        assert [int(cells[-2]) + shift for _, cells in records.rows] == [one.line for one in expected]


@pytest.mark.parametrize("format", list(ExportFormat))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_clean_file_has_no_rejects(customer: Database, tmp_path: Path, format: ExportFormat) -> None:
    dirt.write(tmp_path / "clean", dirt.clean(Dice(7), COMPANY, 1_000, at=NOW), format)

    report = await import_sims(customer, tmp_path / "clean", WISH, SEALER)

    assert (report.rejects, report.made_count) == ([], 1_000)


def test_the_same_seed_is_the_same_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        dirt.write(tmp_path / name, dirt.dirty(Dice(7), COMPANY, 300, at=NOW)[0])

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert dirt.dirty(Dice(8), COMPANY, 300, at=NOW)[0] != dirt.dirty(Dice(7), COMPANY, 300, at=NOW)[0]
