"""Runs the migrations on the connection that store/migrate.py hands over; the tables are those of the whole project."""

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Connection, String
from sqlmodel.sql.sqltypes import AutoString

from auth import tables as auth_tables
from domain import registry
from store.migrate import is_migrated
from store.types import DecimalText, UtcDateTime

TABLES = (*registry.TABLES, *auth_tables.TABLES)

def render(kind: str, thing: Any, _: AutogenContext) -> str | bool:
    """How a column type of ours is written into a migration; False leaves it to alembic."""
    match kind, thing:
        case "type", UtcDateTime() | DecimalText():
            return f"types.{type(thing).__name__}()"
        case "type", JSON():
            return "types.Json"
        case "type", String() if thing._variant_mapping:
            return "types.Ordered"
        case "type", AutoString():
            return f"sa.String({thing.length or ''})"
        case _:
            return False


def run(connection: Connection) -> None:
    """Runs on an open connection, inside the transaction of the caller."""
    context.configure(
        connection=connection,
        target_metadata=TABLES[0].metadata,
        render_item=render,
        include_object=is_migrated,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=False,  # the caller's transaction holds the whole upgrade, on both engines
    )
    context.run_migrations()


run(context.config.attributes["connection"])
