"""PostGraphile: its schema follows from the database, so it gets views of its own and a document of its own, and answers less nested.

Renamed by `read`: `rowId` is the UUID inside `id`; `holder`, `figures`, money, quantities and periods are flat; instants end in `+00:00`.
Its cursors are other texts for the same places.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import create_async_engine

from bench.environments import PEERS
from bench.ground import LANGUAGE, Ground, PageOf
from bench.opaque import ACCOUNT, SIM, cursor, global_id, id_of
from bench.servers import Server
from domain.kernel import messages

DOCUMENT = (PEERS / "postgraphile.graphql").read_text()
VIEWS = (PEERS / "postgraphile.sql").read_text()


@dataclass(frozen=True)
class PostGraphile(Server):
    """`after` holds its cursor for each page that isn't a first one."""

    after: dict[PageOf, str] = field(default_factory=dict)

    async def prepare(self, ground: Ground) -> None:
        """Makes the views anew."""
        views = VIEWS.format(locale=LANGUAGE.value, main=messages.text("bundle.main", LANGUAGE).replace("'", "''"))
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
                answer = (await client.post(url, json={"query": DOCUMENT, "operationName": "Place", "variables": variables})).json()
                self.after[page] = answer["data"]["account"]["sims"]["pageInfo"]["endCursor"]

    def ask(self, page: PageOf) -> dict[str, Any]:
        """The same page in its own words."""
        variables = {"account": str(id_of(page.account)), "first": page.first, "after": self.after.get(page)}
        return {"query": DOCUMENT, "operationName": "Fleet", "variables": variables}

    def read(self, data: Any) -> Any:
        """Its answer in the product's shape."""
        account = data["account"]
        sims, edges = account["sims"], [_edge(edge["node"]) for edge in account["sims"]["edges"]]
        assert sims["pageInfo"]["endCursor"] == sims["edges"][-1]["cursor"]
        page = {"pageInfo": {"hasNextPage": sims["pageInfo"]["hasNextPage"], "endCursor": edges[-1]["cursor"]}, "edges": edges}
        return {"account": {"id": global_id(ACCOUNT, UUID(account["rowId"])), "name": account["name"], "sims": page}}


def _edge(row: Any) -> Any:
    id = UUID(row["rowId"])
    node = {
        "id": global_id(SIM, id),
        "msisdn": row["msisdn"],
        "iccid": row["iccid"],
        "status": row["status"],
        "statusReason": row["statusReason"],
        "holder": {"name": row["holderName"]} if row["holderName"] else None,
        "plan": row["plan"],
        "lastUsageAt": _instant(row["lastUsageAt"]),
        "figures": {
            **{name: _amount(row[name]) for name in ("remainingCreditLimit", "balance", "debt", "currentCharge")},
            "payable": {"amount": row["payable"], "currency": "IRR"} if row["payable"] is not None else None,
            "asOf": _instant(row["asOf"]),
            "source": row["source"],
        },
        "buckets": [
            {
                "name": bucket["name"],
                "remaining": {"amount": bucket["remaining"], "unit": bucket["unit"]},
                "total": {"amount": bucket["total"]},
                "validFor": {"endsAt": _instant(bucket["endsAt"])},
            }
            for bucket in row["buckets"]
        ],
    }
    return {"cursor": cursor(row["msisdn"], id), "node": node}


def _instant(text: str | None) -> str | None:
    return text.replace("+00:00", "Z").replace(".000000", "") if text else None


def _amount(minor: str | None) -> dict[str, str] | None:
    return None if minor is None else {"amount": minor}
