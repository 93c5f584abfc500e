"""`simurgh import`, as an operator runs it: what is told, what is written, and how it ends."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app

ACCOUNTS = """legal id,company,account number,account name,parent,payment mode
10380284790,Arya Trading,100,General account,,postpaid
10380284790,,110,Tehran,100,postpaid
"""
CARDS = "legal id,account,msisdn,iccid,imsi,status,puk,puk2,holder\n"
GOOD = "10380284790,110,09350000001,8998350000000000011,432350000000001,ACTIVE,00000001,12345678,Sara\n"
BAD = "10380284790,999,09350000002,8998350000000000029,432350000000002,ACTIVE,00000002,12345678,Omid\n"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The settings of a development machine, with the data of this test."""
    for name, value in {"DATA_DIR": str(tmp_path), "DATABASE_URL": "", "SECRET_KEY": "a master key of the tests, long enough"}.items():
        monkeypatch.setenv(f"SIMURGH_{name}", value)


def imported(what: str, file: Path, content: str, *options: str) -> tuple[int, str]:
    """The exit code and what is told."""
    file.write_text(content)
    result = CliRunner().invoke(app, ["import", what, str(file), *options])
    return result.exit_code, result.output


def test_each_command_brings_its_own_kind_in(tmp_path: Path) -> None:
    file, rejects = tmp_path / "rows.csv", tmp_path / "rejects.csv"

    planned = imported("accounts", file, ACCOUNTS, "--dry-run")
    made = imported("accounts", file, ACCOUNTS)
    again = imported("accounts", file, ACCOUNTS)
    refused = imported("sims", file, CARDS + GOOD + BAD)
    skipped = imported("sims", file, CARDS + GOOD + BAD, "--skip-failed", "--rejects", str(rejects), "--language", "en")
    unreadable = imported("sims", file, "no such header\n1\n")

    assert planned[0] == made[0] == again[0] == skipped[0] == 0
    assert planned[1] != made[1] != again[1]
    assert refused[0] == 1 and "3: " in refused[1] and "999" in refused[1]
    assert "999" in rejects.read_text(encoding="utf-8-sig") and "999" not in skipped[1]
    assert unreadable[0] == 1 and "Traceback" not in unreadable[1]
