"""Usage comes in once, under the place where its card stood then; a faulty file brings in nothing, and memory stays flat."""

import gzip
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import update
from sqlmodel import col

from domain.accounts.tables import AccountEdge
from domain.imports.service import Wish, import_usage
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy
from domain.kernel.scope import SYSTEM
from domain.sims.tables import Sim, SimPlacement
from domain.usage.documents import UsageRecord
from store.session import Database
from tests.world import NOW, TwoTenants

WISH = Wish(SYSTEM, NOW)
SKIP = replace(WISH, policy=BulkErrorPolicy.SKIP_FAILED)


def lines(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_bytes(gzip.compress(b"".join(orjson.dumps(row) + b"\n" for row in rows), 1))
    return path


def record(number: int, msisdn: str | None, **more: Any) -> dict[str, Any]:
    at = NOW - timedelta(days=1) + timedelta(seconds=number)
    return {"record_id": f"cdr-{number}", "msisdn": msisdn, "service": "data", "started_at": at.isoformat(), "quantity": number, "charge": 10} | more


async def test_records_come_in_once_and_a_faulty_file_not_at_all(database: Database, documents: Any, two_tenants: TwoTenants, tmp_path: Path) -> None:
    one, scope = two_tenants.one, two_tenants.one.as_profile_manager().scope(Permission.USAGE_READ, NOW)
    good = [record(n, one.sims[n % 12].msisdn) for n in range(2_500)]
    bad = [record(9_001, two_tenants.other.sims[0].msisdn), record(9_002, one.sims[0].msisdn, quantity=1.5e17), record(9_003, one.sims[0].msisdn, started_at="2030-01-01 08:00")]
    path = lines(tmp_path / "usage", [*good, *bad])

    refused = await import_usage(database, path, WISH, scope)
    before = await UsageRecord.count()
    first = await import_usage(database, path, SKIP, scope)
    again = await import_usage(database, path, SKIP, scope)

    told = [(reject.line, reject.column, reject.reason.message_key) for reject in sorted(refused.rejects, key=lambda reject: reject.line)]
    assert told == [(2501, "msisdn", "import.unknown_sim"), (2502, "quantity", "import.scientific"), (2503, "started_at", "import.future")]
    assert (refused.is_written, before) == (False, 0)
    assert (first.made_count, len(first.rejects), again.made_count, again.present) == (2_500, 3, 0, 2_500)
    kept = await UsageRecord.find({"organization_id": one.id}).to_list()
    assert len(kept) == 2_500 and sum(row.quantity for row in kept) == sum(range(2_500))
    assert {(row.sim_id, row.path) for row in kept} == {(sim.id, sim.path) for sim in one.sims}
    async with database.read() as session:
        card = await session.get_one(Sim, one.sims[3].id)
    assert card.last_usage_at == max(row.started_at for row in kept if row.sim_id == card.id)


async def test_a_record_lies_where_its_card_stood_then(database: Database, documents: Any, two_tenants: TwoTenants, tmp_path: Path) -> None:
    one, card, moved = two_tenants.one, two_tenants.one.sims[0], NOW - timedelta(days=3)
    office = one.accounts["office"]
    async with database.write() as session:
        await session.execute(update(SimPlacement).where(col(SimPlacement.sim_id) == card.id).values(valid_to=moved))
        session.add(SimPlacement(id=uuid7(), organization_id=one.id, sim_id=card.id, account_id=office.id, valid_from=moved))
        for account in one.accounts.values():
            session.add(
                AccountEdge(
                    id=uuid7(), organization_id=one.id, account_id=account.id, parent_id=account.parent_id, path=account.path, depth=account.depth,
                    valid_from=NOW - timedelta(days=400), valid_to=account.created_at,
                )
            )
    spans = {-400: card.path, -4: card.path, -2: office.path}
    rows = [record(n, card.msisdn, started_at=(NOW + timedelta(days=days)).isoformat()) for n, days in enumerate(spans)]

    report = await import_usage(database, lines(tmp_path / "usage", rows), WISH, one.as_profile_manager().scope(Permission.USAGE_READ, NOW))

    assert report.made_count == 3
    assert [row.path for row in await UsageRecord.find_all().sort("+quantity").to_list()] == list(spans.values())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_memory_stays_flat_however_many_records_there_are(database: Database, documents: Any, two_tenants: TwoTenants, tmp_path: Path) -> None:
    numbers, scope = [sim.msisdn for sim in two_tenants.one.sims], two_tenants.one.as_profile_manager().scope(Permission.USAGE_READ, NOW)
    peaks = []
    for count in (4_000, 40_000):
        path = lines(tmp_path / "usage", (record(n, numbers[n % 12]) for n in range(count)))
        tracemalloc.start()
        report = await import_usage(database, path, replace(WISH, is_dry_run=True), scope)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert report.rows == count

    assert peaks[1] < peaks[0] + 3_000_000
