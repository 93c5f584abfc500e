"""The fleet page on Ariadne: its SDL, plain resolvers, joined SQL on asyncpg and no loaders; in an environment of its own."""

import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from ariadne import ObjectType, QueryType, ScalarType, make_executable_schema
from ariadne.asgi import GraphQL
from starlette.applications import Starlette
from starlette.routing import Route

from bench.opaque import ACCOUNT, SIM, cursor, global_id, id_of, place_of

POOL = 10
SDL = Path(__file__).with_name("fleet.graphql").read_text()
GIVEN: dict[str, Any] = json.loads(Path(os.environ["BENCH_STATEMENTS"]).read_text())

pool: Any = None


async def resolve_account(_: Any, _info: Any, id: str) -> dict[str, Any] | None:
    """One account."""
    row = await pool.fetchrow(GIVEN["account"], id_of(id))
    return {"key": row["id"], "organization_id": row["organization_id"], "id": global_id(ACCOUNT, row["id"]), "name": row["name"]}


async def resolve_sims(source: dict[str, Any], _info: Any, *, first: int, after: str | None = None, **_: Any) -> dict[str, Any]:
    """One page of its cards, with everything they show."""
    async with pool.acquire() as connection:
        given = (source["key"], GIVEN["locale"], first + 1, None, None)
        rows = await (connection.fetch(GIVEN["after"], *given, *place_of(after)) if after else connection.fetch(GIVEN["first"], *given))
        has_next, rows = len(rows) > first, rows[:first]
        ids, now = [row["id"] for row in rows], datetime.now(UTC)
        found = await connection.fetch(GIVEN["buckets"], source["organization_id"], ids, GIVEN["locale"], GIVEN["main"], now)
    buckets: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for id, name, kind, remaining, total, ends_at in found:
        unit = GIVEN["units"][kind]
        buckets[id].append(
            {
                "name": name,
                "remaining": {"amount": remaining, "unit": unit},
                "total": {"amount": total, "unit": unit},
                "validFor": {"endsAt": ends_at},
            }
        )
    edges = [{"cursor": cursor(row["msisdn"], row["id"]), "node": card(row, buckets[row["id"]])} for row in rows]
    return {"pageInfo": {"hasNextPage": has_next, "endCursor": edges[-1]["cursor"] if edges else None}, "edges": edges}


def card(row: Any, buckets: list[dict[str, Any]]) -> dict[str, Any]:
    """A card as its fields' names ask for it, so that the default resolvers do."""
    debt, charge, limit = row["debt"], row["current_charge"], row["credit_limit"]
    due = None if debt is None or charge is None else debt + charge
    return {
        "id": global_id(SIM, row["id"]),
        "msisdn": row["msisdn"],
        "iccid": row["iccid"],
        "status": row["status"],
        "statusReason": row["status_reason"],
        "holder": {"name": row["holder_name"]} if row["holder_name"] else None,
        "plan": {"name": row["plan"]} if row["plan"] else None,
        "lastUsageAt": row["last_usage_at"],
        "figures": {
            "remainingCreditLimit": money(None if due is None or limit is None else limit - due),
            "balance": money(row["balance"]),
            "debt": money(debt),
            "currentCharge": money(charge),
            "payable": money(due),
            "asOf": row["figures_at"],
            "source": row["figures_source"],
        },
        "buckets": buckets,
    }


def money(minor: int | None) -> dict[str, Any] | None:
    """Rials."""
    return None if minor is None else {"amount": minor, "currency": "IRR"}


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Keeps the pool open."""
    global pool
    async with asyncpg.create_pool(min_size=POOL, max_size=POOL) as pool:
        yield


def app() -> Starlette:
    """The application, for uvicorn's `--factory`."""
    query, account = QueryType(), ObjectType("Account")
    query.set_field("account", resolve_account)
    account.set_field("sims", resolve_sims)
    instants = ScalarType("DateTime", serializer=lambda instant: instant.isoformat().replace("+00:00", "Z"))
    decimals = ScalarType("Decimal", serializer=str)
    schema = make_executable_schema(SDL, query, account, instants, decimals)
    return Starlette(routes=[Route("/graphql", GraphQL(schema), methods=["POST"])], lifespan=lifespan)
