"""docs/operating.md names every setting, every metric and only commands that exist."""

import re
from pathlib import Path

import typer.main

from api.cli import app
from api.commands.backup import PASSPHRASE
from api.metrics import Metrics
from api.settings import PREFIX, Settings
from schema.kernel.documents import Documents
from schema.root import schema

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
SPELT = {
    "upload_limits": ("upload_megabytes",), "seller": ("seller_name", "seller_legal_id", "seller_economic_code", "tax_memory_id"),
}  # fmt: skip
"""Settings that are read from variables of other names, or of several."""


def section(title: str) -> str:
    return re.split(r"^## ", PAGE.split(f"\n## {title}\n")[1], flags=re.MULTILINE)[0]


def first_cells(text: str) -> str:
    return "\n".join(line.split("|")[1] for line in text.splitlines() if line.startswith("|"))


def test_every_setting_is_in_the_table_and_nothing_else() -> None:
    told = set(re.findall(r"`(SIMURGH_\w+)`", first_cells(section("Settings"))))

    spelt = {variable for name in Settings.__struct_fields__ for variable in SPELT.get(name, (name,))}
    assert told == {f"{PREFIX}{variable.upper()}" for variable in spelt} | {PASSPHRASE}


def test_every_metric_is_in_the_table_and_nothing_else() -> None:
    metrics = Metrics()
    Documents(schema).follow(metrics.follow)
    shown = {line.split()[2] for line in metrics.text().decode().splitlines() if line.startswith("# TYPE simurgh_")}
    told = set(re.findall(r"`(simurgh_\w+)`", first_cells(section("Metrics"))))

    assert told == {name for name in shown if not name.endswith("_created")}


def test_every_command_exists() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    told = set(re.findall(r"(?:`|^    )simurgh ([a-z]+)", PAGE, re.MULTILINE))

    assert told and told <= commands
