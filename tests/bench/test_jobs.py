"""The short form of `x.py bench jobs`: real worker processes, killed, on both engines; the long one has 50,000 cards and ten kills."""

import random

import pytest

from bench import company, jobs
from bench.jobs import measured
from bench.measuring import Faulty
from store.session import Database
from tests.world import NOW


async def test_workers_killed_at_random_do_each_row_once(database: Database, database_url: str) -> None:
    await company.make_company(database, at=NOW, depots=6, cards=400)

    found = await measured(database, database_url, engine="here", most=2_000, kills=3, dice=random.Random(7))

    assert (found.rows, found.kills) == (2_000, 3)
    assert (found.twice, found.missing, found.backwards) == (0, 0, 0)
    assert found.seconds > found.plan_seconds > 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_job_that_nobody_does_is_told(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await company.make_company(database, at=NOW, depots=2, cards=400)
    monkeypatch.setattr(jobs, "MOST_SECONDS", 1)
    monkeypatch.setattr(jobs, "_worker", lambda *_: open("/dev/null"))  # noqa: SIM115  a worker that does nothing

    with pytest.raises(Faulty, match="doesn't end"):
        await measured(database, database_url, engine="here", most=500, kills=0, dice=random.Random(7))
