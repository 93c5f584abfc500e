"""The bench of the app: the real app in processes of its own, on a small company."""

import shutil
from pathlib import Path

import pytest

from bench.app import _see_the_dashboard, cold_start, company, scroll
from bench.measuring import Faulty


async def test_a_start_shows_what_the_device_kept_and_a_fling_reaches_the_last_card(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    with company(160) as server:
        await _see_the_dashboard(seen, server, "fa")
        shutil.copytree(seen, tmp_path / "flung")
        flung = scroll(tmp_path / "flung", 160)
    started = cold_start(seen)

    assert flung.frames >= 160 * 76 / 240 and 0 < flung.p50_ms <= flung.p95_ms <= flung.max_ms
    assert started.cpu_s > 0 and started.wall_s > 0


async def test_a_dashboard_that_nobody_kept_is_no_cold_start(tmp_path: Path) -> None:
    with company(100) as server:
        await _see_the_dashboard(tmp_path, server, "en")
        (tmp_path / "offline.sqlite").unlink()
        with pytest.raises(Faulty, match="did not come from the device"):
            cold_start(tmp_path)
