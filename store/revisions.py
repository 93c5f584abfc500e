"""Lets processes keep rows in memory: a table's rows have a revision for each scope, which the database itself renews when they change.

Whoever reads the revision with a statement that runs anyway knows whether what was kept under it still holds, on every process: a row
is kept under a revision that was read before it, so it is never older than what that revision stands for.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Table, Text, Uuid, column, event, select, table

REVISIONS: Final = "revisions"
"""The table of them, and under which a table knows its own."""
EVERYTHING: Final = UUID(int=0)
"""The scope of rows that belong to nobody."""
Place = tuple[str, UUID]
"""A table and a scope of its rows."""
MOST_ROWS: Final = 10_000
"""Rows that a process keeps, each of about a kilobyte; the first kept is the first forgotten."""
_TABLE: Any = table(REVISIONS, column("subject", Text), column("scope", Uuid), column("revision", BigInteger))


def revision_of(name: str, scope: Any) -> Any:
    """A table's revision in a scope, as a column of some statement; null where nothing of it may be kept."""
    return select(_TABLE.c.revision).where(_TABLE.c.subject == name, _TABLE.c.scope == scope).scalar_subquery()


class Memory:
    """Rows of one database, each under the revision that its table had in its scope before it was read."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most = most
        self._rows: dict[Hashable, tuple[Place, int, Any]] = {}

    def known(self, kind: Hashable, ids: Sequence[UUID], revisions: Mapping[Place, int]) -> list[Any] | None:
        """The rows of a kind with these ids, as long as all of them are known and hold at these revisions; else null."""
        found = []
        for id in ids:
            kept = self._rows.get((kind, id))
            if kept is None or revisions.get(kept[0]) != kept[1]:
                return None
            found.append(kept[2])
        return found

    def keep(self, kind: Hashable, id: UUID, row: Any, place: Place, revisions: Mapping[Place, int]) -> None:
        """Keeps a row that was read after these revisions; nothing where its own isn't among them."""
        revision = revisions.get(place)
        if revision is None:
            return
        if (kind, id) not in self._rows and len(self._rows) >= self._most:
            del self._rows[next(iter(self._rows))]
        self._rows[kind, id] = place, revision, row


@dataclass(frozen=True, slots=True)
class Revisions:
    """What has revisions: a table, its column that holds the scope, and the columns whose changes count; null is the one scope, and all."""

    table: str
    scope: str | None
    columns: Sequence[str] | None

    def make(self, connection: Connection) -> None:
        """Makes the table of revisions and what renews them, and renews them all: a migration may have changed rows."""
        for statement in self._sqlite() if connection.dialect.name == "sqlite" else self._postgresql():
            connection.exec_driver_sql(statement)

    def _changes(self) -> str:
        return f"UPDATE OF {', '.join(self.columns)}" if self.columns else "UPDATE"

    def _sqlite(self) -> Sequence[str]:
        def renew(scopes: str) -> str:
            onward = "ON CONFLICT (subject, scope) DO UPDATE SET revision = revision + 1"
            return f"INSERT INTO {REVISIONS} (subject, scope, revision) SELECT '{self.table}', {scopes} {onward}"

        def of_row(row: str) -> str:
            return renew(f"{row}.{self.scope}, 1 WHERE true" if self.scope else f"'{EVERYTHING.hex}', 1 WHERE true")

        present = f"{self.scope}, 1 FROM {self.table} WHERE true GROUP BY 2" if self.scope else f"'{EVERYTHING.hex}', 1 WHERE true"
        return (
            f"CREATE TABLE IF NOT EXISTS {REVISIONS} (subject TEXT NOT NULL, scope CHAR(32) NOT NULL, revision BIGINT NOT NULL,"
            " PRIMARY KEY (subject, scope))",
            *(
                f"CREATE TRIGGER IF NOT EXISTS {self.table}_{REVISIONS}_{name} AFTER {change} ON {self.table} BEGIN {of_row(row)}; END"
                for name, change, row in (("made", "INSERT", "new"), ("changed", self._changes(), "new"), ("gone", "DELETE", "old"))
            ),
            renew(present),
        )

    def _postgresql(self) -> Sequence[str]:
        # The number of the transaction: every change within it counts once, and no other ever bears it.
        mark = "pg_current_xact_id()::text::bigint"
        onward = (
            "ON CONFLICT (subject, scope) DO UPDATE SET revision = excluded.revision WHERE revisions.revision <> excluded.revision"
        )

        def renew(scopes: str) -> str:
            return f"INSERT INTO {REVISIONS} (subject, scope, revision) SELECT '{self.table}', {scopes} {onward}"

        scope = f"coalesce(new.{self.scope}, old.{self.scope})" if self.scope else f"'{EVERYTHING}'::uuid"
        present = f"{self.scope}, {mark} FROM {self.table} GROUP BY 1, 2" if self.scope else f"'{EVERYTHING}'::uuid, {mark}"
        return (
            f"CREATE TABLE IF NOT EXISTS {REVISIONS} (subject TEXT NOT NULL, scope UUID NOT NULL, revision BIGINT NOT NULL,"
            " PRIMARY KEY (subject, scope)) WITH (fillfactor = 50)",
            f"CREATE OR REPLACE FUNCTION {self.table}_{REVISIONS}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" {renew(f'{scope}, {mark}')}; RETURN NULL; END $$",
            f"CREATE OR REPLACE TRIGGER {self.table}_{REVISIONS} AFTER INSERT OR {self._changes()} OR DELETE ON {self.table}"
            f" FOR EACH ROW EXECUTE FUNCTION {self.table}_{REVISIONS}()",
            renew(present),
        )


def keep_revisions(table: Table, *, scope: str | None = None, columns: Sequence[str] | None = None) -> None:
    """Has every database that gets this table keep revisions of its rows."""
    kept = table.info[REVISIONS] = Revisions(table.name, scope, columns)

    @event.listens_for(table, "after_create")
    def created(_table: Table, connection: Connection, **_: Any) -> None:
        kept.make(connection)
