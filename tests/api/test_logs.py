"""A bug's traceback says where it struck, and of no variable what it held."""

import subprocess
import sys

from tests.tooling.process_tree import clean_environment

PROGRAM = """
import structlog
from api.stopping import to_the_end

async def work():
    token = "-".join(["smg", "dev", "4711"])
    try:
        int(token[:0])
    except ValueError as fault:
        structlog.get_logger("test").error("bug", request_id="7", exc_info=fault)

to_the_end(work())
"""


def test_a_bug_is_written_without_the_values_of_variables() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", PROGRAM], env=clean_environment(), capture_output=True, text=True, check=True)

    assert "request_id" in done.stdout
    assert "in work" in done.stdout
    assert "ValueError" in done.stdout
    assert "smg-dev-4711" not in done.stdout
