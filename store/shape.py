"""Which shape a SQL database has and which one the code expects; without alembic, which only those need who change it."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

VERSIONS: Final = Path(__file__).resolve().parents[1] / "migrations" / "versions"
TABLE: Final = "alembic_version"


def newest() -> str:
    """The number of the newest migration: files are named by it, `0001_first.py`."""
    return max(file.name for file in VERSIONS.glob("[0-9]*_*.py")).split("_")[0]


async def pending(url: str) -> bool:
    """Whether the database is not at the newest migration."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_current) != newest()
    finally:
        await engine.dispose()


def _current(connection: Connection) -> str | None:
    """The number of the migration that was applied last; null in a database that has seen none."""
    if not inspect(connection).has_table(TABLE):
        return None
    number: str | None = connection.scalar(text(f"SELECT version_num FROM {TABLE}"))  # noqa: S608 (a constant)
    return number
