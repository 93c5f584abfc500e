"""Groups of SIM cards and their payment policies."""

from typing import Any

from mobile.scenes.stage import Scene, Stage
from mobile.screens.groups.sheets import GoneSheet, GroupSheet, PolicySheet
from mobile.screens.plan_sheet.order import OrderSheet


async def groups(stage: Stage) -> Any:
    page = await stage.open_root("money")
    page._show("groups")
    await stage.settle()
    return page


async def groups_running(stage: Stage) -> None:
    await group_job(stage)
    await stage.settle()
    await groups(stage)


async def group(stage: Stage) -> Any:
    await stage.open("group", group_id="group-drivers")
    return stage.shell.page


async def group_new(stage: Stage) -> GroupSheet:
    await groups(stage)
    sheet = GroupSheet(stage.shell, lambda _: None)
    sheet.edit.name, sheet.edit.numbers = stage.server._name("north"), "0935 000 0412, 0935 000 0418"
    sheet.edit.manager_name, sheet.edit.manager_mobile = stage.server._name("kaveh"), "09350000418"
    sheet._choose()
    return sheet


async def group_new_plan(stage: Stage) -> None:
    await (await group_new(stage))._found()


async def group_delete(stage: Stage) -> None:
    page = await group(stage)
    say = stage.shell.say
    GoneSheet(stage.shell, page.model.delete, say("group.delete"), say("group.delete_text"), lambda: None)


async def group_buy(stage: Stage) -> None:
    (await group(stage))._buy()


async def group_job(stage: Stage) -> None:
    stage.server.rows_a_look = 2
    await group_buy(stage)
    await stage.settle()
    sheet = OrderSheet(stage.shell, stage.shell.page.model)
    await stage.settle()
    await sheet._paid()


async def policy(stage: Stage) -> Any:
    await stage.open("policy", policy_id="policy-0")
    return stage.shell.page


async def policy_edit(stage: Stage) -> None:
    page = await policy(stage)
    PolicySheet(stage.shell, "wallet-1", lambda: None, policy=page.model)


async def policy_new(stage: Stage) -> None:
    page = await group(stage)
    await page._open_policy()


SCENES: dict[str, Scene] = {
    "18-groups": groups,
    "18-groups-running": groups_running,
    "18-group": group,
    "18-group-new": group_new,
    "18-group-new-plan": group_new_plan,
    "18-group-delete": group_delete,
    "18-group-buy": group_buy,
    "18-group-job": group_job,
    "18-policy": policy,
    "18-policy-edit": policy_edit,
    "18-policy-new": policy_new,
}
