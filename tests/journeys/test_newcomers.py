"""A newcomer starts the system with one command, reads what it prints, and does the main job as each of its four users."""

import re
import subprocess
import sys
from pathlib import Path

from tests.tooling.process_tree import running

SCRIPT = Path(__file__).with_name("newcomers.py")


def test_four_newcomers_do_the_main_job(tmp_path: Path) -> None:
    with running(tmp_path / "data", demo="demo") as tree:
        said = tree.said_after("operator admin")
        manager = re.search(r"profile manager .*?(09\d{9})", said)
        account_manager = re.search(r"account manager .*? or (\S+@\S+)", said)
        support = re.search(r"support .*?(09\d{9}).*authenticator secret (\S+)", said)
        assert manager and account_manager and support, said

        done = subprocess.run(
            [sys.executable, str(SCRIPT), "--base", tree.url, "--manager", manager[1], "--account-manager", account_manager[1],
             "--support", support[1], support[2]],
            capture_output=True, text=True, timeout=180,
        )  # fmt: skip

        assert done.returncode == 0, done.stdout + done.stderr + tree.output.read_text()
        assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["profile manager", "account manager", "partner", "support"]
        assert "Traceback" not in tree.output.read_text()
