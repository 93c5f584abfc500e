"""Each promise of docs/promises.md names tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "promises.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def names_in(path: str) -> frozenset[str]:
    """The test functions of a file, by their names; none when the file is gone."""
    file = ROOT / path
    if not file.exists():
        return frozenset()
    found = (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in found if node.name.startswith("test_"))


def promises() -> list[tuple[str, list[tuple[str, str]]]]:
    """The rows of the tables: a promise and the tests it names."""
    rows = [line.strip("|").split("|") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [(cells[0].strip(), NAMED.findall(cells[1])) for cells in rows if cells[0].strip() != "Promise"]


def test_every_promise_names_a_test() -> None:
    assert len(promises()) > 50
    assert [promise for promise, tests in promises() if not tests] == []


def test_every_named_test_exists() -> None:
    gone = [f"{path}::{name}" for _, tests in promises() for path, name in tests if name not in names_in(path)]

    assert gone == []


def test_no_name_is_written_in_another_way() -> None:
    assert PAGE.read_text("utf-8").count("::") == sum(len(tests) for _, tests in promises())
