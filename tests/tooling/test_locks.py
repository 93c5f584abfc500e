"""The locks hold what the code imports; the lock guard notices stale locks and every file that says where packages come from."""

import ast
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import x


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with nothing in it but this project's dependency lists and locks."""
    shutil.copy(x.ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(x.LOCKS, tmp_path / "requirements")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def test_the_locks_of_this_repository_fit() -> None:
    assert x.lock_faults() == []


def test_a_dependency_without_a_lock_is_a_fault(clone: Path) -> None:
    project = clone / "pyproject.toml"
    project.write_text(project.read_text().replace('"aiosqlite', '"anything-new>=1",\n    "aiosqlite', 1))

    assert x.lock_faults(clone) == ["pyproject.toml and requirements/ disagree: run python3 x.py lock"]


def test_a_missing_lock_is_a_fault(clone: Path) -> None:
    (clone / "requirements" / "app.txt").unlink()

    assert x.lock_faults(clone) == ["requirements/app.txt is missing: run python3 x.py lock"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("requirements/run.txt", "--index-url https://packages.example/simple"),
        ("requirements/run.txt", "--extra-index-url //packages.example/simple"),
        ("requirements/run.txt", "--find-links ../wheels"),
        ("requirements/run.txt", "thing @ https://packages.example/thing.whl"),
        ("web/package-lock.json", '{"node_modules/a": {"version": "1.0.0", "resolved": "https://packages.example/a.tgz"}}'),
        ("web/package-lock.json", '{"node_modules/a": {"version": "1.0.0", "resolved" : "file:../a"}}'),
        ("web/package.json", '{"dependencies": {"a": "git+ssh://packages.example/a.git"}}'),
        ("web/package.json", '{"files": [{"from": "https://packages.example/a.tgz"}]}'),
        ("mobile/fonts/.npmrc", "registry=//packages.example/"),
    ],
)
def test_a_place_to_fetch_from_is_a_fault(clone: Path, name: str, line: str) -> None:
    file = clone / name
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as writer:
        writer.write(line + "\n")

    faults = x.lock_faults(clone)

    assert len(faults) == 1
    assert faults[0].startswith(f"{name} names where packages come from")


@pytest.mark.parametrize("said", ['"funding": [{"url": "https://people.example"}]', '"deprecated": "see https://people.example"'])
def test_what_a_package_says_of_itself_is_no_fault(clone: Path, said: str) -> None:
    (clone / "package-lock.json").write_text(f'{{"node_modules/a": {{"version": "1.0.0", {said}}}}}')

    assert x.lock_faults(clone) == []


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", "web/pylock.dev.toml", "mobile/fonts/Some.ttf", "web/page.min.js", "a/b.woff2", ".venv"])
def test_a_file_that_must_not_be_committed_is_a_fault(clone: Path, name: str) -> None:
    (clone / name).parent.mkdir(parents=True, exist_ok=True)
    (clone / name).write_text("")

    assert x.lock_faults(clone) == [f"{name} must not be committed"]


def test_a_built_file_that_git_ignores_is_no_fault(clone: Path) -> None:
    (clone / ".gitignore").write_text(".build/\n")
    (clone / ".build").mkdir()
    (clone / ".build" / "page.min.js").write_text("")

    assert x.lock_faults(clone) == []


def test_every_pin_of_the_smaller_locks_is_the_pin_of_the_test_lock() -> None:
    pins = {
        name: {pin.split(";")[0].strip() for pin in x.pins(x.LOCKS / f"{name}.txt")} for name in ("test", "run", "embedded", "app", "fonts")
    }

    assert pins["run"]
    assert pins["run"] | pins["embedded"] | pins["app"] | pins["fonts"] <= pins["test"]


SERVER = ("api", "auth", "domain", "gateways", "schema", "seeds", "store")


def distributions_imported(*folders: str) -> set[str]:
    """The distributions whose modules the files of these folders import, by normal name."""
    trees = [ast.parse(file.read_text()) for folder in folders for file in (x.ROOT / folder).rglob("*.py")]
    imports = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in imports if isinstance(node, ast.ImportFrom) and not node.level}
    foreign = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {*SERVER, "mobile", ""}
    owners = packages_distributions()
    return {re.sub(r"[-_.]+", "-", owners[name][0]).lower() for name in foreign}


@pytest.mark.parametrize(("locks", "folders"), [(("run",), SERVER), (("app", "fonts"), ("mobile",))])
def test_the_locks_hold_everything_their_code_imports(locks: tuple[str, ...], folders: tuple[str, ...]) -> None:
    locked = {re.split(r"[\[=]", pin)[0].lower() for lock in locks for pin in x.pins(x.LOCKS / f"{lock}.txt")}

    imported = distributions_imported(*folders)

    assert imported
    assert imported <= locked
