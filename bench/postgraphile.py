"""PostGraphile: its schema follows from the database, so it gets views and a document of its own, in two shapes.

NESTED: composite types make its JSON the product's; `read` renames what is left: ids are bare UUIDs, cursors are its own texts for the
same places, instants end in `+00:00` and always bear microseconds.
FLAT: plain columns, as people use it; the same leaves in fewer objects. `read` nests them besides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import create_async_engine

from bench.environments import PEERS
from bench.ground import LANGUAGE, MAIN, Ground, PageOf
from bench.opaque import ACCOUNT, SIM, cursor, global_id, id_of
from bench.server import Server

NESTED, FLAT = "nested", "flat"
PLACE = (PEERS / "postgraphile_place.graphql").read_text()


@dataclass(frozen=True)
class PostGraphile(Server):
    """PostGraphile in one shape; `after` holds its cursor for each page that isn't a first one."""

    shape: str = NESTED
    after: dict[PageOf, str] = field(default_factory=dict)

    @property
    def document(self) -> str:
        """The page."""
        return (PEERS / f"postgraphile_{self.shape}.graphql").read_text()

    async def prepare(self, ground: Ground) -> None:
        """Makes the views anew."""
        main = MAIN[LANGUAGE].replace("'", "''")
        views = (PEERS / f"postgraphile_{self.shape}.sql").read_text().format(locale=LANGUAGE.value, main=main)
        engine = create_async_engine(ground.settings.database_url)
        async with engine.begin() as connection:
            for statement in views.split(";\n"):
                await connection.exec_driver_sql(statement)
        await engine.dispose()

    async def learn(self, client: httpx.AsyncClient, url: str, pages: Sequence[PageOf]) -> None:
        """Asks for the cursors before the pages."""
        for page in pages:
            if page.start:
                variables = {"account": str(id_of(page.account)), "before": page.start - 1}
                answer = (await client.post(url, json={"query": PLACE, "operationName": "Place", "variables": variables})).json()
                self.after[page] = answer["data"]["account"]["sims"]["pageInfo"]["endCursor"]

    def ask(self, page: PageOf) -> dict[str, Any]:
        """The same page in its own words."""
        variables = {"account": str(id_of(page.account)), "first": page.first, "after": self.after.get(page)}
        return {"query": self.document, "operationName": "Fleet", "variables": variables}

    def read(self, data: Any) -> Any:
        """Its answer as the product would have written it."""
        account, page = data["account"], data["account"]["sims"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        edges = [_edge(edge["node"] if self.shape == NESTED else _nested(edge["node"])) for edge in page["edges"]]
        sims = {"pageInfo": page["pageInfo"] | {"endCursor": edges[-1]["cursor"]}, "edges": edges}
        return {"account": account | {"id": global_id(ACCOUNT, UUID(account["id"])), "sims": sims}}


def _edge(node: Any) -> Any:
    id = UUID(node["id"])
    buckets = [bucket | {"validFor": {"endsAt": _instant(bucket["validFor"]["endsAt"])}} for bucket in node["buckets"]]
    figures = node["figures"] | {"asOf": _instant(node["figures"]["asOf"])}
    renamed = {"id": global_id(SIM, id), "lastUsageAt": _instant(node["lastUsageAt"]), "figures": figures, "buckets": buckets}
    return {"cursor": cursor(node["msisdn"], id), "node": node | renamed}


def _nested(row: Any) -> Any:
    kept = {name: row[name] for name in ("id", "msisdn", "iccid", "status", "statusReason", "plan", "lastUsageAt")}
    due, figures = row["payable"], {name: _amount(row[name]) for name in ("remainingCreditLimit", "balance", "debt", "currentCharge")}
    payable = {"amount": due, "currency": "IRR"} if due is not None else None
    return kept | {
        "holder": {"name": row["holderName"]} if row["holderName"] else None,
        "figures": figures | {"payable": payable, "asOf": row["asOf"], "source": row["source"]},
        "buckets": [
            {
                "name": bucket["name"],
                "remaining": {"amount": bucket["remaining"], "unit": bucket["unit"]},
                "total": {"amount": bucket["total"]},
                "validFor": {"endsAt": bucket["endsAt"]},
            }
            for bucket in row["buckets"]
        ],
    }


def _amount(minor: str | None) -> dict[str, str] | None:
    return None if minor is None else {"amount": minor}


def _instant(text: str | None) -> str | None:
    return text.replace("+00:00", "Z").replace(".000000", "") if text else None
