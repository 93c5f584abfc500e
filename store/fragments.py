"""Finds rows by a fragment of their text: an index of its parts, kept by the database itself, and the exact comparison besides.

The parts of a text are all its pieces of four digits, and those of one, two or three characters that aren't digits alone: digits are so
common in numbers that fewer of them tell nothing. The first four digits of a number as people dial it, which stands behind its
international form, are another part than the same four elsewhere: thousands of numbers begin alike, and are found as a range. Labels
(a text `|one|two|`) are parts as a whole. A part bears the end of its scope's id, so that a search never wades through what others have.
PostgreSQL keeps the parts as an array under GIN, which needs no extension, beside a table that changes as often as its figures; SQLite
as words of a contentless FTS5 table.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Connection, Dialect, Select, Table, Text, Uuid, bindparam, column, event, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE, TypeDecorator, TypeEngine

FRAGMENTS = "fragments"
"""Under which a table knows its index."""
Statements = Sequence[str]
DIGITS: Final = 4
NUMBERS: Final = re.compile(f"(?=([0-9]{{{DIGITS}}}))")
MIXED: Final = [re.compile(f"(?s)(?=({part}))") for part in ("[^0-9]", "(?![0-9]{2})..", "(?![0-9]{3})...")]
"""The kinds of parts, wherever one begins."""
DIALLED: Final = re.compile(rf"\+98([0-9]{{{DIGITS - 1},}})\|(?=0\1)")
"""What stands before a number as it is dialled."""
WAITING: Final = {"gin_pending_list_limit": "128kB"}
"""What PostgreSQL collects of new parts before it sorts them in: writing costs half, and a search looks through 16 pages more at most.

A setting of our connections rather than of the index, so that a transaction that takes in very many may collect more (`filling`).
"""
SCOPE_END: Final = 8
"""So many of the last hex digits of a scope's id stand before a part; that two scopes share them only costs a comparison."""


def parts_of(text: str) -> Iterator[str]:
    """The parts under which a text is found, in no order and more than once."""
    mixed = chain.from_iterable(kind.findall(text) for kind in MIXED)
    if (number := DIALLED.match(text)) is None:
        return chain(mixed, NUMBERS.findall(text))
    start = number.end()
    return chain(mixed, NUMBERS.findall(text[:start]), ["^" + text[start : start + DIGITS]], NUMBERS.findall(text[start + 1 :]))


def labels_of(text: str) -> Iterator[str]:
    """The parts that stand for the labels of a text."""
    return (f"#{label}" for label in text.split("|") if label)


def parts_wanted(fragment: str) -> set[str]:
    """Parts that every text has which holds this fragment, but not as the beginning of a dialled number: the longest ones, if any."""
    inside = [piece[bool(index) :] for index, piece in enumerate(fragment.split("|"))]  # behind a bar a dialled number may begin
    digits = set(chain.from_iterable(map(NUMBERS.findall, inside)))
    mixed = set(chain.from_iterable(kind.findall(fragment) for kind in MIXED))
    longest = max(map(len, mixed), default=0)
    return digits or {part for part in mixed if len(part) == longest}


def parts_dialled(fragment: str) -> set[str]:
    """Parts that every text has in which a dialled number begins with this fragment; none when no number can."""
    head = fragment[:DIGITS]
    return {f"^{head}", *parts_wanted(fragment[1:])} if head.startswith("0") and NUMBERS.match(head) else set()


def words(scope: UUID, parts: set[str]) -> Sequence[str]:
    """Parts as they are stored for a scope."""
    return sorted(scope.hex[-SCOPE_END:] + part for part in parts)


def _stored(scope: str, text: str, labels: str) -> str:
    """SQLite's function of a row: its words in letters that no tokenizer parts."""
    head = _spelt(scope[-SCOPE_END:])
    return " ".join([head + _spelt(part) for part in {*parts_of(text), *labels_of(labels)}])


def _spelt(word: str) -> str:
    return word.encode().hex()


def give_function(connection: Any) -> None:
    """Gives a new connection of SQLite the function that its triggers call."""
    connection.create_function("fragments", 3, _stored, deterministic=True)


class Holds(FunctionElement[bool]):
    """Whether a text holds a fragment, character by character: LIKE would take two of them for others, and letters alike on SQLite."""

    name = "holds"
    type: Any = NULLTYPE  # of a BOOLEAN SQLite would be asked whether it is 1
    inherit_cache = True


def holds(text: Any, name: str) -> ColumnElement[bool]:
    """The condition that a column holds the fragment given by name."""
    return Holds(text, bindparam(name, type_=Text()))


@compiles(Holds, "postgresql")
def _holds_postgresql(element: Holds, compiler: Any, **options: Any) -> str:
    text, fragment = (compiler.process(part, **options) for part in element.clauses)
    return f"strpos({text}, {fragment}) > 0"


@compiles(Holds, "sqlite")
def _holds_sqlite(element: Holds, compiler: Any, **options: Any) -> str:
    text, fragment = (compiler.process(part, **options) for part in element.clauses)
    return f"instr({text}, {fragment}) > 0"


class _Words(TypeDecorator[Sequence[str]]):
    """Words that a row must have, all of them."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """An array, or a query of FTS5."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Text()))

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        """The words as the index has them."""
        return " AND ".join(map(_spelt, value or ())) if dialect.name == "sqlite" else list(value or ())


class _Holders(FunctionElement[Any]):
    """The ids of the rows that have all the words of one of some lists, as a table."""

    name = "holders"
    inherit_cache = True


def holders(table: str, *names: str) -> Select[Any]:
    """The ids of the rows of a table that have all the words given by a name: those with the fragment, and perhaps some others."""
    lists = [bindparam(name, type_=_Words()) for name in names]
    return select(_Holders(column(f"{table}_fragments"), *lists).table_valued(column("id", Uuid())).c.id)


@compiles(_Holders, "postgresql")
def _holders_postgresql(element: _Holders, compiler: Any, **options: Any) -> str:
    kept, *lists = (compiler.process(part, **options) for part in element.clauses)
    found = " OR ".join(f"fragments(kept.scope, kept.body, kept.labels) @> {wanted}" for wanted in lists)
    return f"(SELECT kept.id FROM {kept} AS kept WHERE {found})"


@compiles(_Holders, "sqlite")
def _holders_sqlite(element: _Holders, compiler: Any, **options: Any) -> str:
    kept, *lists = (compiler.process(part, **options) for part in element.clauses)
    wanted = " || ' OR ' || ".join(f"'(' || {wanted} || ')'" for wanted in lists)
    matching = f"{kept}_words AS found CROSS JOIN {kept} AS kept ON kept.seq = found.rowid"  # found first, so that a LIMIT ends it early
    return f"(SELECT kept.id FROM {matching} WHERE found.{kept}_words MATCH ({wanted}))"


@dataclass(frozen=True, slots=True)
class Fragments:
    """What is indexed: the table (its key is `id`), the columns of its scope, text and labels."""

    table: str
    scope: str
    text: str
    labels: str

    @property
    def kept(self) -> str:
        """The table that holds the parts."""
        return f"{self.table}_fragments"

    @property
    def words(self) -> str:
        """The index of the parts."""
        return f"{self.kept}_words"

    def make(self, connection: Connection) -> None:
        """Makes the index and what keeps it, and takes in the rows that are there; changes nothing where it is complete."""
        is_sqlite = connection.dialect.name == "sqlite"
        look = "SELECT 1 FROM sqlite_master WHERE name" if is_sqlite else "SELECT 1 FROM pg_tables WHERE tablename"
        is_new = connection.exec_driver_sql(f"{look} = '{self.kept}'").first() is None
        has_rows = connection.exec_driver_sql(f"SELECT 1 FROM {self.table} LIMIT 1").first() is not None
        tables, fill, keep = self._sqlite() if is_sqlite else self._postgresql()
        for statement in (*tables, *(fill if is_new and has_rows else ()), *keep):
            connection.exec_driver_sql(statement)

    def _sqlite(self) -> tuple[Statements, Statements, Statements]:
        table, kept, columns = self.table, self.kept, f"{self.scope}, {self.text}, {self.labels}"

        def parts(row: str) -> str:
            return f"fragments({row}.{self.scope}, {row}.{self.text}, {row}.{self.labels})"

        forget = f"INSERT INTO {kept}_words ({kept}_words, rowid, words) SELECT 'delete', seq, {parts('old')} FROM {kept} WHERE id = old.id"
        learn = f"INSERT INTO {kept}_words (rowid, words) SELECT seq, {parts('new')} FROM {kept} WHERE id = new.id"
        return (
            (
                f"CREATE TABLE IF NOT EXISTS {kept} (seq INTEGER PRIMARY KEY, id CHAR(32) NOT NULL UNIQUE)",
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {kept}_words"
                " USING fts5(words, content='', detail=none, columnsize=0, tokenize='ascii')",
            ),
            (
                f"INSERT INTO {kept} (id) SELECT id FROM {table} ORDER BY id",
                f"INSERT INTO {kept}_words (rowid, words) SELECT seq, {parts('row')} FROM {kept} JOIN {table} AS row ON row.id = {kept}.id",
            ),
            (
                f"CREATE TRIGGER IF NOT EXISTS {kept}_made AFTER INSERT ON {table}"
                f" BEGIN INSERT INTO {kept} (id) VALUES (new.id); {learn}; END",
                f"CREATE TRIGGER IF NOT EXISTS {kept}_changed AFTER UPDATE OF {columns} ON {table} BEGIN {forget}; {learn}; END",
                f"CREATE TRIGGER IF NOT EXISTS {kept}_gone AFTER DELETE ON {table}"
                f" BEGIN {forget}; DELETE FROM {kept} WHERE id = old.id; END",
            ),
        )

    def _postgresql(self) -> tuple[Statements, Statements, Statements]:
        table, kept, columns = self.table, self.kept, (self.scope, self.text, self.labels)
        new = ", ".join(f"new.{name}" for name in ("id", *columns))
        return (
            (
                _PARTS,
                f"CREATE TABLE IF NOT EXISTS {kept} (id UUID PRIMARY KEY REFERENCES {table} (id) ON DELETE CASCADE,"
                " scope UUID NOT NULL, body TEXT NOT NULL, labels TEXT NOT NULL)",
            ),
            (f"INSERT INTO {kept} (id, scope, body, labels) SELECT id, {', '.join(columns)} FROM {table}",),
            (
                f"CREATE INDEX IF NOT EXISTS {self.words} ON {kept} USING gin (fragments(scope, body, labels))",
                f"DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_class WHERE oid = '{self.words}'::regclass AND reloptions IS NOT NULL)"
                f" THEN ALTER INDEX {self.words} RESET (gin_pending_list_limit); END IF; END $$",  # as it was made once
                f"CREATE OR REPLACE FUNCTION {kept}_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" INSERT INTO {kept} (id, scope, body, labels) VALUES ({new}) ON CONFLICT (id) DO UPDATE"
                " SET scope = excluded.scope, body = excluded.body, labels = excluded.labels; RETURN NULL; END $$",
                f"CREATE OR REPLACE TRIGGER {kept}_kept AFTER INSERT OR UPDATE OF {', '.join(columns)} ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION {kept}_keep()",
            ),
        )


_PARTS = rf"""
CREATE OR REPLACE FUNCTION fragments(scope UUID, body TEXT, labels TEXT) RETURNS TEXT[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
DECLARE
    head TEXT := right(scope::text, {SCOPE_END});
    letters TEXT[] := string_to_array(body, NULL);
    label TEXT;
    found TEXT[] := '{{}}';
    digits INT := 0;
    dialled INT := CASE WHEN body ~ '^\+98([0-9]{{{DIGITS - 1},}})[|]0\1' THEN strpos(body, '|') + 1 ELSE 0 END;
    mark TEXT;
BEGIN
    FOR place IN 1..cardinality(letters) LOOP
        digits := CASE WHEN strpos('0123456789', letters[place]) > 0 THEN digits + 1 ELSE 0 END;
        IF digits < 1 THEN found := found || (head || letters[place]); END IF;
        IF place > 1 AND digits < 2 THEN found := found || (head || letters[place - 1] || letters[place]); END IF;
        IF place > 2 AND digits < 3 THEN found := found || (head || array_to_string(letters[place - 2:place], '')); END IF;
        mark := CASE WHEN place - {DIGITS - 1} = dialled THEN '^' ELSE '' END;
        IF digits >= {DIGITS} THEN found := found || (head || mark || array_to_string(letters[place - {DIGITS - 1}:place], '')); END IF;
    END LOOP;
    FOREACH label IN ARRAY string_to_array(labels, '|') LOOP
        IF label <> '' THEN found := found || (head || '#' || label); END IF;
    END LOOP;
    RETURN found;
END $$
"""
"""The words of a row in PostgreSQL's language; dear, so that no plan works them out where the index knows them."""


def keep_fragments(table: Table, *, scope: str, text: str, labels: str) -> None:
    """Has every database that gets this table index the fragments of a column of it."""
    kept = table.info[FRAGMENTS] = Fragments(table.name, scope, text, labels)

    @event.listens_for(table, "after_create")
    def created(_table: Table, connection: Connection, **_: Any) -> None:
        kept.make(connection)
