"""The short form of `x.py bench faults`: a real API killed while clients retry their keys, on both engines; and the bugs it has to find."""

from pathlib import Path

import pytest

from bench.faults import measured
from bench.faulty_server import BUGS


async def test_no_rial_is_lost_or_doubled_under_fire(empty_database_url: str, tmp_path: Path) -> None:
    is_postgresql = "postgresql" in empty_database_url

    found = await measured(tmp_path / "data", empty_database_url if is_postgresql else None, kills=3, backend_kills=3, seed=7)

    assert found.violations == []
    assert (found.figures.kills, found.figures.violations) == (3, 0)
    assert found.figures.acknowledged > 0 and found.figures.retried > 0
    assert found.figures.backend_kills == (3 if is_postgresql else 0)
    assert found.granted > 0 and found.settled > 0


@pytest.mark.parametrize("bug", sorted(BUGS))
async def test_a_planted_bug_is_found(tmp_path: Path, bug: str) -> None:
    found = await measured(tmp_path / "data", None, kills=2, backend_kills=0, seed=7, bug=bug)

    assert found.figures.violations == len(found.violations) > 0
    expected = {"missing-key": "was told [", "two-transactions": "was charged 0 times"}[bug]
    assert any(expected in words for words in found.violations)
