"""Bundles are bought."""

import asyncio
from typing import Any

from mobile.scenes.stage import Scene, Stage
from mobile.screens.plan_sheet.order import OrderSheet


async def _buying(stage: Stage, count: int = 12) -> Any:
    page = await stage.open_root("sims")
    stage.shell.go("buy", sims=page.model.nodes[:count])
    await stage.settle()
    return stage.shell.page


async def buy(stage: Stage) -> None:
    await _buying(stage)


async def plan(stage: Stage) -> None:
    page = await _buying(stage)
    OrderSheet(stage.shell, page.model)


async def plan_approval(stage: Stage) -> None:
    stage.server.limit = 5_000_000
    page = await _buying(stage)
    OrderSheet(stage.shell, page.model)


async def plan_stale(stage: Stage) -> None:
    page = await _buying(stage)
    sheet = OrderSheet(stage.shell, page.model)
    await stage.settle()
    stage.server.is_plan_stale = True
    await sheet._paid()


async def plan_refused(stage: Stage) -> None:
    stage.server.wallet = 1_200_000
    page = await _buying(stage)
    OrderSheet(stage.shell, page.model)


async def receipt(stage: Stage) -> None:
    page = await _buying(stage)
    page.model.purchase_order = "PO-1405-0817"
    sheet = OrderSheet(stage.shell, page.model)
    await stage.settle()
    await sheet._paid()
    await asyncio.sleep(0.1)


async def purchases(stage: Stage) -> None:
    stage.server.sell()
    page = await stage.open_root("money")
    page._show("purchases")


async def purchases_empty(stage: Stage) -> None:
    page = await stage.open_root("money")
    page._show("purchases")


SCENES: dict[str, Scene] = {
    "10-buy-bundle": buy,
    "11-plan-sheet": plan,
    "11-plan-approval": plan_approval,
    "11-plan-stale": plan_stale,
    "11-plan-refused": plan_refused,
    "12-receipt": receipt,
    "13-purchases": purchases,
    "13-purchases-empty": purchases_empty,
}
