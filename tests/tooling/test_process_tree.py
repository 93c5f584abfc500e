"""`simurgh run` is one process tree: it starts on an empty folder, stops cleanly, and leaves no orphan however it ends."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.tooling.process_tree import SECONDS_TO_END, Tree, clean_environment, free_port, running, survivors


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    """One running system for the tests that only look at it."""
    with running(tmp_path_factory.mktemp("tree") / "data") as shared:
        yield shared


def test_kill_minus_9_leaves_no_orphan_and_the_folder_can_be_used_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as tree:
        family = tree.family()
        assert [process.name() for process in family if "secantus" in " ".join(process.cmdline())]

        os.kill(tree.process.pid, signal.SIGKILL)
        tree.process.wait()

        assert survivors(family) == []

    with running(data) as again:
        assert httpx.get(f"{again.url}/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_whole_tree_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path / "data") as tree:
        family = tree.family()

        tree.process.send_signal(number)
        tree.process.send_signal(number)  # a wrapper passes it on, and the terminal sent it too

        assert tree.wait() == 0
        assert survivors(family) == []
        assert not (tmp_path / "data" / "documents.json").exists()
        assert "Traceback" not in tree.output.read_text()


def test_a_newcomer_reads_where_everything_is(tree: Tree) -> None:
    told = tree.output.read_text()

    pages = [line.split()[1] for line in told.splitlines() if line.startswith(("Explorer", "Inbox"))]
    assert pages == [f"{tree.url}/graphiql", f"{tree.url}/dev/inbox"]
    assert httpx.get(f"{tree.url}/dev/inbox").status_code == 200
    assert httpx.get(f"{tree.url}/graphiql").headers["content-security-policy"]
    assert "python3 x.py app" in told
    assert str(tree.data) in told


def test_a_worker_of_its_own_stops_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "api"]
    refused = subprocess.run(
        [*command, "worker", "--data", str(tmp_path)], env=clean_environment(), capture_output=True, text=True, timeout=60
    )
    assert (refused.returncode, refused.stderr) == (
        2, "simurgh: The database is not at the newest migration: run simurgh migrate first.\n"
    )  # fmt: skip
    subprocess.run([*command, "migrate", "--data", str(tmp_path)], env=clean_environment(), check=True, timeout=60)
    worker = subprocess.Popen([*command, "worker", "--data", str(tmp_path)], env=clean_environment())
    deadline = time.monotonic() + SECONDS_TO_END
    while not (tmp_path / "documents.json").exists() and worker.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
    assert len(family) > 1

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(SECONDS_TO_END) == 0
    assert survivors(family) == []


def test_a_signal_during_the_start_leaves_nothing_behind(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "data")
    family = [psutil.Process(tree.process.pid)]
    deadline = time.monotonic() + SECONDS_TO_END
    while len(family) == 1 and time.monotonic() < deadline:
        time.sleep(0.02)
        family = tree.family()
    assert len(family) > 1, tree.output.read_text()

    tree.process.send_signal(signal.SIGTERM)

    assert tree.wait() == 0
    assert survivors(family) == []
    assert "Traceback" not in tree.output.read_text()


def test_a_second_run_on_the_same_folder_is_refused(tree: Tree) -> None:
    second = subprocess.run(
        [sys.executable, "-P", "-m", "api", "run", "--data", str(tree.data), "--port", str(free_port())],
        env=clean_environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert second.returncode == 2
    assert "is in use by another process" in second.stderr
    assert "Traceback" not in second.stderr
    assert httpx.get(f"{tree.url}/readyz").status_code == 200


def test_a_taken_port_is_said_in_a_sentence_and_leaves_nothing_behind(tree: Tree, tmp_path: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-P", "-m", "api", "run", "--data", str(tmp_path / "two"), "--port", str(tree.port)],
        env=clean_environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert second.returncode == 2
    assert str(tree.port) in second.stderr
    assert "Traceback" not in second.stderr
    assert not any(str(tmp_path / "two") in " ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))


def test_readyz_turns_to_unavailable_when_the_document_server_is_gone(tmp_path: Path) -> None:
    with running(tmp_path / "data") as tree:
        for process in tree.family()[1:]:
            process.kill()

        answer = httpx.get(f"{tree.url}/readyz", timeout=10)

        assert answer.status_code == 503
        assert answer.json()["parts"]["documents"] is False
        assert httpx.get(f"{tree.url}/healthz").status_code == 200


def test_fresh_forgets_the_folder_and_refuses_a_folder_of_somebody_else(tmp_path: Path) -> None:
    data, foreign = tmp_path / "data", tmp_path / "photos"
    foreign.mkdir()
    (foreign / "summer.jpg").write_text("")
    data.mkdir()
    (data / "secret_key").write_text("of an earlier run")
    (data / "simurgh.db").write_text("of an earlier run")

    with running(data, "--fresh"):
        assert (data / "secret_key").read_text() != "of an earlier run"
        assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o600
    refused = subprocess.run(
        [sys.executable, "-P", "-m", "api", "run", "--fresh", "--data", str(foreign), "--port", str(free_port())],
        env=clean_environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert refused.returncode == 1
    assert "does not look like a data folder" in refused.stderr
    assert [file.name for file in foreign.iterdir()] == ["summer.jpg"]


def test_production_names_every_part_and_starts_nothing(tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-P", "-m", "api", "run", "--data", str(tmp_path / "data")],
        env={**clean_environment(), "SIMURGH_ENVIRONMENT": "production"}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert refused.returncode == 2
    for name in ("DATABASE_URL", "MONGODB_URL", "REDIS_URL", "SECRET_KEY", "SMTP_URL", "SMS_URL", "CARRIER_URL", "CLAMD_URL", "PUBLIC_URL"):
        assert f"SIMURGH_{name} must " in refused.stderr
    assert not (tmp_path / "data").exists()
