"""All servers by name, in the order in which a round goes through them."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson

from bench import environments
from bench.ground import LANGUAGE, MAIN, STATEMENTS
from bench.opaque import NUMBERLESS, ORDER
from bench.postgraphile import FLAT, NESTED, PostGraphile
from bench.postgresql import BUILT
from bench.server import Server, node, uvicorn
from bench.servers import raw


def _product(*options: str | Path) -> Callable[[int], list[str | Path]]:
    return lambda port: [sys.executable, "-P", "-m", "bench.servers.product", str(port), *options]


def leave_statements() -> None:
    """Writes the hand-written endpoint's statements, and what goes with them, where peers read them: all that join in SQL run the same."""
    account = "select id, organization_id, name from accounts where id = $1"
    statements = {"account": account, "first": raw.FIRST, "after": raw.AFTER, "buckets": raw.BUCKETS}
    words = {"units": raw.UNITS, "order": ORDER, "numberless": NUMBERLESS, "locale": LANGUAGE.value, "main": MAIN[LANGUAGE]}
    STATEMENTS.write_bytes(orjson.dumps(statements | words))


SERVERS: Mapping[str, Server] = {
    server.name: server
    for server in (
        Server("product", _product()),
        Server("raw-dict", uvicorn("bench.servers.raw:raw_dict")),
        Server("raw-structs", uvicorn("bench.servers.raw:raw_structs")),
        Server("raw-sql", uvicorn("bench.servers.raw:raw_sql")),
        Server("strawberry-docs", uvicorn("bench.servers.strawberry_docs:app")),
        Server("ariadne", lambda port: uvicorn("bench.peers.ariadne_server:app", environments.python())(port)),
        Server("mercurius", node("mercurius.mjs"), environments.NODE),
        PostGraphile("postgraphile", node("postgraphile.mjs", NESTED), environments.NODE, NESTED),
        PostGraphile("postgraphile-flat", node("postgraphile.mjs", FLAT), environments.NODE, FLAT),
    )
}

UNGUARDED = Server("product-unguarded", _product("--unguarded"))
"""The product without limits, cost, scope and access log: what it saves is what they cost."""

SAMPLES = BUILT / "samples.json"
SAMPLED = Server("product-sampled", _product("--sample", SAMPLES))
"""The product with a profile of itself, left there when it ends."""
