"""Downloads of receipts over HTTP: the buyer's link works for ten minutes and as long as the buyer may; no other link works at all."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlmodel import select

from api.world import World
from auth import links
from auth.links import Link, Viewer
from auth.sessions import session_revoke
from auth.tables import ApiToken
from domain.files import service as files
from domain.files.tables import File
from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.permissions import Role
from domain.kernel.sealing import Sealer
from domain.people.tables import Membership, Person
from store import outbox
from tests.desk import Desk
from tests.domain.orders.shop import Shop
from tests.world import NOW, TwoTenants

PLACE = """mutation($input: OrderPlaceInput!) { orderPlace(input: $input) { ... on OrderPlacePayload { order { id } } ... on UserError { message } } }"""
RECEIPT = "query($id: ID!) { node(id: $id) { ... on Order { receipt { url urlExpiresAt fileName } } } }"


class Buyer:
    """Somebody signed in who has bought something, and the HTTP client they use."""

    def __init__(self, world: World, http: httpx.AsyncClient, desk: Desk, shop: Shop) -> None:
        self.world, self.http, self.desk, self.shop = world, http, desk, shop
        self.token, self.order = "", ""

    async def ask(self, document: str, variables: dict[str, Any], token: str | None = None) -> dict[str, Any]:
        answer = await self.http.post(
            "/graphql", json={"query": document, "variables": variables}, headers={"authorization": f"Bearer {token or self.token}"}
        )
        told: dict[str, Any] = answer.json()
        return told

    async def buy(self) -> None:
        line = {"offeringId": encode(Kind.OFFERING, self.shop.offering.id), "sims": {"ids": [encode(Kind.SIM, self.shop.one.sims[0].id)]}}
        content = {"accountId": self.shop.one.account("root"), "lines": [line], "idempotencyKey": str(uuid4())}
        self.order = (await self.ask(PLACE, {"input": content}))["data"]["orderPlace"]["order"]["id"]
        while await outbox.run_once(self.world.database, self.shop.handlers, self.world.clock, worker="test"):
            pass

    async def link(self, token: str | None = None) -> str:
        told = await self.ask(RECEIPT, {"id": self.order}, token)
        url: str = told["data"]["node"]["receipt"]["url"]
        return url

    async def get(self, url: str) -> httpx.Response:
        return await self.http.get(url)


@pytest_asyncio.fixture
async def buyer(world: World, http: httpx.AsyncClient, two_tenants: TwoTenants) -> AsyncIterator[Buyer]:
    """The first company's profile manager with one receipt."""
    desk = Desk(world.auth, two_tenants)
    buyer = Buyer(world, http, desk, await Shop.opened(world.database, two_tenants))
    buyer.token = (await desk.begin(desk.manager)).access_token
    await buyer.buy()
    yield buyer


async def test_the_buyer_downloads_the_receipt(buyer: Buyer) -> None:
    answer = await buyer.get(await buyer.link())

    assert (answer.status_code, answer.content) == (200, b"%PDF SO-1405-000001 FA")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''receipt-SO-1405-000001.pdf"
    assert answer.headers["cache-control"] == "private, no-store"


async def test_a_link_dies_after_ten_minutes(buyer: Buyer) -> None:
    url = await buyer.link()
    buyer.world.clock.move(timedelta(minutes=9, seconds=59))  # type: ignore[attr-defined]
    assert (await buyer.get(url)).status_code == 200
    buyer.world.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
    assert (await buyer.get(url)).status_code == 404


async def test_a_link_dies_with_its_session(buyer: Buyer) -> None:
    url, actor = await buyer.link(), await buyer.desk.who(buyer.token)
    assert actor is not None
    await session_revoke(buyer.world.auth, actor, None, at=NOW)

    answer = await buyer.get(url)

    assert (answer.status_code, answer.content.startswith(b"%PDF")) == (404, False)


async def test_a_link_dies_with_its_viewers_right(buyer: Buyer) -> None:
    url = await buyer.link()
    async with buyer.world.database.write() as session:
        held = (await session.scalars(select(Membership).where(Membership.person_id == buyer.desk.manager.id))).one()
        held.valid_to = NOW

    assert (await buyer.get(url)).status_code == 404


@pytest.mark.parametrize("spoil", ["first", "last", "signature", "empty", "garbage", "unsigned"])
async def test_a_changed_link_is_nothing(buyer: Buyer, spoil: str) -> None:
    url = await buyer.link()
    head, _, token = url.rpartition("/")
    packed, _, signature = token.partition(".")
    changed = {
        "first": f"{'A' if packed[0] != 'A' else 'B'}{packed[1:]}.{signature}",
        "last": f"{packed[:-1]}{'A' if packed[-1] != 'A' else 'Q'}.{signature}",
        "signature": f"{packed}.{'0' if signature[0] != '0' else '1'}{signature[1:]}",
        "empty": ".",
        "garbage": "%D8%B3%DB%8C%D9%85",
        "unsigned": packed,
    }[spoil]

    assert (await buyer.get(f"{head}/{changed}")).status_code == 404


async def test_nobody_else_gets_it(buyer: Buyer) -> None:
    """Others are told of no receipt; a link of their own session to this file, as only the server could sign it, opens nothing."""
    desk, world = buyer.desk, buyer.world
    file_id = await only_file(world)
    support = await desk.hire(Role.SUPPORT)
    for person in (desk.tenants.other.profile_manager, desk.tenant.account_manager, support):
        tokens = await desk.begin(person)
        told = await buyer.ask(RECEIPT, {"id": buyer.order}, tokens.access_token)
        assert told["data"]["node"] is None
        actor = await desk.who(tokens.access_token)
        assert actor is not None
        viewer = Viewer(actor.person_id, actor.session(), is_token=False)
        signed = links._written(world.sealer, Link(viewer, file_id, NOW + timedelta(minutes=5)))
        assert (await buyer.get(f"/files/{signed}")).status_code == 404


async def test_a_session_of_somebody_elses_name_is_nobody(buyer: Buyer) -> None:
    session_id = (await buyer.desk.begin(buyer.desk.manager)).session_id
    viewer = Viewer(buyer.desk.tenants.other.profile_manager.id, session_id, is_token=False)
    signed = links._written(buyer.world.sealer, Link(viewer, await only_file(buyer.world), NOW + timedelta(minutes=5)))

    assert (await buyer.get(f"/files/{signed}")).status_code == 404


async def test_a_file_that_is_no_receipt_is_nobodys(buyer: Buyer) -> None:
    async with buyer.world.database.write() as session:
        other = await files.keep(session, buyer.shop.one.id, name="x.pdf", media_type="application/pdf", content=b"secret", at=NOW)
    actor = await buyer.desk.who(buyer.token)
    assert actor is not None

    url, _ = links.link(buyer.world.auth, actor, other, at=NOW)

    assert (await buyer.get(url)).status_code == 404


async def test_a_partners_link_lives_with_its_token(buyer: Buyer) -> None:
    secret = "smg_dev_" + "0" * 30
    token = await api_token(buyer.world, buyer.desk.manager, buyer.shop, secret)
    viewer = Viewer(buyer.desk.manager.id, token.id, is_token=True)
    signed = links._written(buyer.world.sealer, Link(viewer, await only_file(buyer.world), NOW + timedelta(minutes=5)))

    assert (await buyer.get(f"/files/{signed}")).status_code == 200
    await buyer.desk.change(ApiToken, token.id, networks=["198.51.100.0/24"])
    assert (await buyer.get(f"/files/{signed}")).status_code == 404
    await buyer.desk.change(ApiToken, token.id, networks=[], revoked_at=NOW)
    assert (await buyer.get(f"/files/{signed}")).status_code == 404


async def test_another_master_key_reads_no_link(buyer: Buyer) -> None:
    token = (await buyer.link()).rpartition("/")[2]

    assert links.read(buyer.world.sealer, token, at=NOW).file_id == await only_file(buyer.world)
    with pytest.raises(NotFound):
        links.read(Sealer("another master key"), token, at=NOW)


async def test_a_file_over_five_megabytes_is_not_kept(world: World, two_tenants: TwoTenants) -> None:
    async with world.database.write() as session:
        with pytest.raises(ValueError, match="5000001 bytes"):
            await files.keep(session, two_tenants.one.id, name="big.pdf", media_type="application/pdf", content=b"x" * 5_000_001, at=NOW)


async def only_file(world: World) -> UUID:
    async with world.database.read() as session:
        return (await session.scalars(select(File.id))).one()


async def api_token(world: World, maker: Person, shop: Shop, secret: str) -> ApiToken:
    """A token that may read orders."""
    token = ApiToken(
        id=uuid7(), organization_id=shop.one.id, account_id=shop.one.accounts["root"].id, person_id=maker.id, name="ERP", prefix=secret[:14],
        hash=uuid4().hex, permissions=["order:read"], networks=[], by={}, created_at=NOW, expires_at=NOW + timedelta(days=1),
    )  # fmt: skip
    async with world.database.write() as session:
        session.add(token)
    return token
