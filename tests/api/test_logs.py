"""What a log says: where a bug struck and during which request, never what variables, rows and parameters held."""

import json
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


OF_A_REQUEST = """
import asyncio, logging, sqlite3
import structlog
from sqlalchemy import text
from api import logs
from store.session import Database

class Duplicate(Exception):
    pass

async def work():
    logs.configure(is_json=True)
    logs.REQUEST_ID.set("r7")
    database = Database("sqlite+aiosqlite://")
    async with database.write() as session:
        await session.execute(text("CREATE TABLE people (mobile TEXT UNIQUE)"))
        await session.execute(text("INSERT INTO people VALUES (:mobile)"), {"mobile": "+98912canary"})
        try:
            await session.execute(text("INSERT INTO people VALUES (:mobile)"), {"mobile": "+98912canary"})
        except Exception as error:
            structlog.get_logger("test").error("bug", exc_info=error)
    try:
        raise Duplicate("duplicate key value\\nDETAIL:  Key (mobile)=(+98912canary) already exists.")
    except Duplicate:
        logging.getLogger("library").exception("a library's own bug")
    logging.getLogger("httpx").info("POST https://token-canary@gateway")
    await database.close()

asyncio.run(work())
"""


def test_events_are_lines_of_json_with_their_request_and_without_parameters() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", OF_A_REQUEST], env=clean_environment(), capture_output=True, text=True, check=True)

    ours, theirs = map(json.loads, done.stdout.splitlines())
    assert (ours["event"], ours["request_id"], ours["level"]) == ("bug", "r7", "error")
    assert "IntegrityError" in ours["exception"] and "in work" in ours["exception"]
    assert (theirs["event"], theirs["logger"], theirs["request_id"]) == ("a library's own bug", "library", "r7")
    assert "duplicate key value" in theirs["exception"]
    assert "canary" not in done.stdout.replace("OF_A_REQUEST", "") + done.stderr
