"""Brings a SQL database to the newest shape, by the one history in `migrations/`, on SQLite and PostgreSQL."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel

from store.fragments import FRAGMENTS, Fragments
from store.revisions import REVISIONS, Revisions
from store.session import sqlite_engine

CONFIGURATION: Final = Path(__file__).resolve().parents[1] / "alembic.ini"
TURN: Final = 7_446_858_711  # any number that nothing else in the database takes an advisory lock on


async def upgrade(url: str) -> None:
    """Applies what is missing, in one transaction; two processes at once take turns."""
    engine = _engine(url)
    try:
        async with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


async def write_migration(title: str) -> Path:
    """Writes the migration that leads from the newest one to the tables as the code has them now; returns its file."""
    with tempfile.TemporaryDirectory() as folder:
        engine = _engine(f"sqlite+aiosqlite:///{folder}/scratch.db")
        try:
            async with engine.begin() as connection:
                await connection.run_sync(_upgrade)
                return await connection.run_sync(_write, title)
        finally:
            await engine.dispose()


def _engine(url: str) -> AsyncEngine:
    # SQLite changes a table by replacing it, and rows that point at it must let that happen: the checks come after.
    return sqlite_engine(url, "BEGIN IMMEDIATE", foreign_keys=False) if url.startswith("sqlite") else create_async_engine(url)


def _configuration(connection: Connection) -> Config:
    configuration = Config(CONFIGURATION)
    configuration.attributes["connection"] = connection
    return configuration


def is_migrated(_thing: Any, name: str | None, _kind: str, is_reflected: bool, _other: Any) -> bool:
    """Whether a table or index is a matter of migrations, for alembic's comparison: fragments and revisions stand beside them."""
    beside = (REVISIONS, *(kept.kept for kept in _beside() if isinstance(kept, Fragments)))
    return not (is_reflected and (name or "").startswith(beside))


def _beside() -> Iterator[Fragments | Revisions]:
    """What the database keeps by itself of some tables."""
    return (table.info[name] for table in SQLModel.metadata.sorted_tables for name in (FRAGMENTS, REVISIONS) if name in table.info)


def _upgrade(connection: Connection) -> None:
    command.upgrade(_configuration(connection), "head")
    for kept in _beside():  # each time, as replacing a table on SQLite loses its triggers
        kept.make(connection)
    if connection.dialect.name == "sqlite" and (broken := connection.execute(text("PRAGMA foreign_key_check")).first()):
        raise RuntimeError(f"a migration left a row without its parent: {tuple(broken)}")


def _write(connection: Connection, title: str) -> Path:
    configuration = _configuration(connection)
    number = len(list(ScriptDirectory.from_config(configuration).walk_revisions())) + 1
    script = command.revision(configuration, message=title, autogenerate=True, rev_id=f"{number:04}")
    if script is None or isinstance(script, list):
        raise RuntimeError("alembic wrote no migration")
    file = Path(script.path)
    file.write_text("".join(line for line in file.read_text().splitlines(keepends=True) if "# ###" not in line))
    return file
