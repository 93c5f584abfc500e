"""Ratios are taken within a round and then halved in the middle."""

import io

from rich.console import Console

from bench.measuring import Sample
from bench.report import Row, rows, table
from bench.running import difference


def samples(*figures: tuple[float, float]) -> list[Sample]:
    return [Sample(rps, cpu_ms, 1.0, 0.5, 0.0) for rps, cpu_ms in figures]


def test_a_round_on_a_busy_machine_changes_no_ratio() -> None:
    measured = {50: {"raw-dict": samples((100, 2), (10, 2), (100, 2)), "product": samples((80, 3), (8, 3), (90, 1))}}

    assert rows(measured) == [Row("raw-dict", 50, 1.0, 1.0), Row("product", 50, 0.8, 1.5)]


def test_the_table_begins_with_the_fastest() -> None:
    taken = {"raw-dict": samples((100, 2)), "product": samples((80, 3)), "raw-sql": samples((150, 1))}
    out = io.StringIO()

    Console(file=out, width=120).print(table(200, taken, rows({200: taken}), dict.fromkeys(taken, 100.0)))

    shown = out.getvalue()
    assert shown.index("raw-sql") < shown.index("raw-dict", shown.index("raw-sql")) < shown.index("product")
    assert "1.50" in shown and "0.80" in shown


def test_a_difference_is_named_by_its_place() -> None:
    assert difference({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "x"}]}) is None
    assert difference({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "y"}]}, "data") == 'data.a[1].b: "x" ≠ "y"'
    assert difference({"a": 1}, {"a": True}) is not None
    assert difference({"a": 1}, {"a": 1, "b": 2}) is not None
