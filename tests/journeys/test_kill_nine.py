"""The real `simurgh run` is killed (`kill -9`) while clients buy and retry the same key: nothing is charged, granted or lost twice or never."""

import asyncio
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
from sqlmodel import col, func, select

from api.settings import read_settings
from auth import rules
from auth.tables import ApiToken
from domain.accounts.tables import Account
from domain.audit.chain import first_broken
from domain.audit.writing import Work
from domain.bundles.tables import Product
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import MutationMode
from domain.kernel.scope import SYSTEM, system_scope
from domain.orders.fulfilment import handlers
from domain.orders.tables import Order, OrderItem, OrderState
from domain.people.tables import Membership
from domain.sims.states import SimStatus
from domain.sims.tables import Sim
from domain.wallet.proof import prove
from domain.wallet.service import adjust
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason, LedgerTransfer
from gateways.carrier_simulator import CarrierSimulator
from store import outbox
from store.session import Database
from tests.domain.orders.shop import Post
from tests.offerings import make_offering
from tests.press import Press
from tests.tooling.process_tree import Tree, clean_environment, running
from tests.world import MovableClock

KILLS, CLIENTS, PURCHASES = 5, 4, 10
SECRET = rules.token_text("dev", "K" * 30)
MEMO = "bought under fire"
BUY = """mutation($input: OrderPlaceInput!) { orderPlace(input: $input) { __typename
  ... on OrderPlacePayload { order { id } } ... on UserError { code message } } }"""


@dataclass
class Market:
    """Where clients buy: the address of the present process, what is sold and for whom; what they were told."""

    account: str
    offering: str
    sims: list[str]
    url: str = ""
    told: dict[UUID, set[str]] = field(default_factory=dict)
    retries: int = 0
    refused: list[Any] = field(default_factory=list)

    def buy(self, place: int) -> None:
        """One client: ten purchases, each asked again with the same key until it is answered."""
        with httpx.Client(headers={"authorization": f"Bearer {SECRET}"}, timeout=15) as client:
            self._buy(client, place)

    def _buy(self, client: httpx.Client, place: int) -> None:
        for number in range(PURCHASES):
            key, sim = uuid4(), self.sims[(place * PURCHASES + number) % len(self.sims)]
            lines = [{"offeringId": self.offering, "sims": {"ids": [sim]}}]
            content = {"accountId": self.account, "lines": lines, "memo": MEMO, "idempotencyKey": str(key)}
            self.told[key] = set()
            for again in range(2):  # a client that wasn't sure asks once more, and has to be told the same
                self.told[key].add(self._answered(client, content))
                time.sleep(0.1 * (1 - again))

    def _answered(self, client: httpx.Client, content: dict[str, Any]) -> str:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                answer = client.post(f"{self.url}/graphql", json={"query": BUY, "variables": {"input": content}}).json()
            except (httpx.TransportError, ValueError):
                self.retries += 1
                time.sleep(0.2)
                continue
            if not answer.get("errors"):
                placed = answer["data"]["orderPlace"]
                if placed["__typename"] != "OrderPlacePayload":
                    self.refused.append(placed)
                    return ""
                return str(placed["order"]["id"])
            self.refused += [error for error in answer["errors"] if error["extensions"]["code"] not in {"BUSY", "UNAVAILABLE"}]
            time.sleep(0.05)
        return "never answered"


async def open_market(database: Database) -> Market:
    """A token, a bundle on sale and money, in the demo company."""
    at = datetime.now(UTC)
    offering = make_offering("KILL9", valid_from=at - timedelta(days=1), max_queued=10)
    async with database.write() as session:
        manager = (await session.scalars(select(Membership).where(Membership.role == Role.PROFILE_MANAGER).limit(1))).one()
        organization_id = manager.organization_id
        assert organization_id is not None
        wallet = (
            await session.execute(
                select(LedgerAccount.id, Account.id, Account.path)
                .join(Account, col(Account.id) == col(LedgerAccount.owner_id))
                .where(LedgerAccount.organization_id == organization_id, LedgerAccount.kind == LedgerAccountKind.WALLET)
                .order_by(func.length(Account.path))
                .limit(1)
            )
        ).one()
        cards = select(Sim.id).where(Sim.organization_id == organization_id, Sim.status == SimStatus.ACTIVE, col(Sim.msisdn).is_not(None))
        sims = (await session.scalars(cards.where(col(Sim.path).startswith(wallet[2])).limit(20))).all()
        session.add(offering)
        session.add(
            ApiToken(
                id=uuid7(), organization_id=organization_id, account_id=wallet[1], person_id=manager.person_id, name="Under fire",
                prefix=SECRET[:12], hash=hashlib.sha256(SECRET.encode()).hexdigest(), permissions=[Permission.ORDER_PLACE, Permission.ORDER_READ],
                networks=[], by=SYSTEM.as_json(), created_at=at, expires_at=at + timedelta(days=1),
            )
        )  # fmt: skip
        work = Work(session, system_scope(Permission.WALLET_ADJUST, at), at, MutationMode.APPLY)
        await adjust(work, wallet_id=wallet[0], amount=1_000_000_000, reason="money for the test")
    assert len(sims) >= 5
    return Market(encode(Kind.ACCOUNT, wallet[1]), encode(Kind.OFFERING, offering.id), [encode(Kind.SIM, id) for id in sims])


async def under_fire(database: Database) -> tuple[list[Order], list[OrderItem]]:
    """What was bought in this test."""
    async with database.read() as session:
        orders = (await session.scalars(select(Order).where(Order.memo == MEMO))).all()
        items = (await session.scalars(select(OrderItem).where(col(OrderItem.order_id).in_([order.id for order in orders])))).all()
    return list(orders), list(items)


async def settle(database: Database, carrier: Path) -> None:
    """Lets a worker finish what the dead ones left, on a clock that doesn't wait for their leases to run out."""
    clock = MovableClock(datetime.now(UTC))
    work = handlers(database, CarrierSimulator(carrier, clock), Post(), Press(), clock)
    for _ in range(200):
        items = (await under_fire(database))[1]
        if all(item.state in {OrderState.COMPLETED, OrderState.FAILED} for item in items):
            return
        clock.move(timedelta(seconds=61))
        await outbox.run_once(database, work, clock, worker="the last one")


def test_killed_while_selling(tmp_path: Path) -> None:
    dice, data = random.Random(2026), tmp_path / "data"
    seed = [sys.executable, "-P", "-m", "api", "seed", "--size", "small"]
    subprocess.run(seed, env={**clean_environment(), "SIMURGH_DATA_DIR": str(data)}, check=True, timeout=120)
    url = read_settings({}, data_dir=data).database_url
    market = asyncio.run(with_store(url, open_market))
    clients = [threading.Thread(target=market.buy, args=(place,)) for place in range(CLIENTS)]

    for life in range(KILLS):
        tree = Tree(data)
        tree.wait_until_ready()
        market.url = tree.url
        family = tree.family()
        if life == 0:
            for client in clients:
                client.start()
        time.sleep(dice.uniform(0.2, 0.9))
        os.kill(tree.process.pid, signal.SIGKILL)
        tree.process.wait()
        psutil.wait_procs(family, timeout=15)
    with running(data) as tree:
        market.url = tree.url
        for client in clients:
            client.join(120)
    asyncio.run(with_store(url, lambda database: settle(database, data / "carrier")))

    assert market.refused == []
    assert market.retries > KILLS
    asyncio.run(with_store(url, lambda database: nothing_lost_or_doubled(database, market)))


async def with_store(url: str, act: Any) -> Any:
    """Does something with the store, from outside of the system."""
    database = Database(url)
    try:
        return await act(database)
    finally:
        await database.close()


async def nothing_lost_or_doubled(database: Database, market: Market) -> None:
    """Holds the store against what clients were told."""
    orders, items = await under_fire(database)
    async with database.read() as session:
        ids = [item.id for item in items]
        products = Counter((await session.scalars(select(Product.order_item_id).where(col(Product.order_item_id).in_(ids)))).all())
        causes = [order.id for order in orders]
        moved = Counter((await session.scalars(select(LedgerTransfer.reason).where(col(LedgerTransfer.cause_id).in_(causes)))).all())
        faults = await prove(session)
        broken = await first_broken(session, orders[0].organization_id)
    assert all(len(told) == 1 for told in market.told.values()), "the same key was told two things"
    assert sorted(encode(Kind.ORDER, order.id) for order in orders) == sorted(id for told in market.told.values() for id in told)
    assert len(orders) == CLIENTS * PURCHASES
    granted = {item.id for item in items if item.state == OrderState.COMPLETED}
    failed = {item.id for item in items if item.state == OrderState.FAILED}
    assert len(granted) + len(failed) == len(items)
    assert products == Counter(granted)
    assert (moved[LedgerReason.ORDER], moved[LedgerReason.REFUND]) == (len(items), len(failed))
    assert faults == []
    assert broken is None
