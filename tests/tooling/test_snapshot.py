"""The committed schema is the one the code declares, and a difference is shown as a patch."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api import snapshot
from api.cli import app


def test_a_snapshot_just_written_agrees(tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"

    assert CliRunner().invoke(app, ["schema", "--write", str(file)]).exit_code == 0

    assert file.read_text() == snapshot.printed()
    assert CliRunner().invoke(app, ["schema", "--check", str(file)]).exit_code == 0
    assert CliRunner().invoke(app, ["schema"]).stdout == snapshot.printed()


@pytest.mark.parametrize("text", [None, "", "type Query { nothing: Boolean }\n"])
def test_a_missing_or_other_snapshot_is_a_failure_that_shows_the_difference(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "schema.graphql"
    if text is not None:
        file.write_text(text)

    result = CliRunner().invoke(app, ["schema", "--check", str(file)])

    assert result.exit_code == 1
    assert "+type Query {" in result.stdout
    assert "python3 x.py fix" in result.stdout
