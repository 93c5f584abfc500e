"""What is done with SIM cards: blocked, moved, edited, one by one and many at once."""

from mobile.scenes.cards import sim_list_all
from mobile.scenes.stage import Scene, Stage
from mobile.screens.sim_block.sheet import BlockSheet
from mobile.screens.sim_edit.sheet import EditSheet
from mobile.screens.sim_move.sheet import MoveSheet
from mobile.state.account_tree import AccountTree
from mobile.state.selection import Selection


async def block(stage: Stage) -> None:
    page = await stage.open_root("sims")
    BlockSheet(stage.shell, Selection.of(page.model.nodes[:3]), is_block=True, done=lambda: None)


async def block_plan(stage: Stage) -> None:
    page = await stage.open_root("sims")
    sheet = BlockSheet(stage.shell, Selection.of(page.model.nodes[:3]), is_block=True, done=lambda: None)
    sheet._preview()


async def _blocking_all(stage: Stage) -> BlockSheet:
    await sim_list_all(stage)
    sheet = BlockSheet(stage.shell, stage.shell.page.model.selection, is_block=True, done=lambda: None)
    sheet._preview()
    await stage.settle()
    return sheet


async def block_job_plan(stage: Stage) -> None:
    await _blocking_all(stage)


async def job(stage: Stage) -> None:
    stage.server.rows_a_look = 6
    sheet = await _blocking_all(stage)
    await sheet._acted()
    await stage.settle()


async def job_stop(stage: Stage) -> None:
    await job(stage)
    stage.shell.page._stop()


async def jobs(stage: Stage) -> None:
    await job(stage)
    stage.shell.go("jobs")


async def _moving(stage: Stage) -> MoveSheet:
    page = await stage.open_root("sims")
    sheet = MoveSheet(stage.shell, Selection.of(page.model.nodes[:4]), done=lambda: None)
    tree = AccountTree(stage.shell.services)
    await tree.load()
    sheet.choice.account, sheet.choice.effective_at = tree.accounts[2], sheet.choice.days()[6]
    sheet._choose()
    return sheet


async def move(stage: Stage) -> None:
    await _moving(stage)


async def move_plan(stage: Stage) -> None:
    stage.server.sims[1]["account"] = "account-north"
    sheet = await _moving(stage)
    sheet._preview()


async def edit(stage: Stage) -> None:
    page = await stage.open("sim_detail", sim_id="sim-0", tab="identity")
    page.edit()


async def _edited(stage: Stage) -> EditSheet:
    page = await stage.open("sim_detail", sim_id="sim-0")
    sheet = EditSheet(stage.shell, Selection.of([page.model.sim]), done=lambda: None, sim=page.model.sim)
    sheet.choice.name, sheet.choice.number, sheet.choice.centre = stage.server._name("kaveh"), "E-3310", "S-14"
    sheet.choice.added = (stage.server._name("camera"),)
    sheet.choice.toggle("roaming")
    sheet._choose()
    return sheet


async def edit_typed(stage: Stage) -> None:
    await _edited(stage)


async def edit_plan(stage: Stage) -> None:
    (await _edited(stage))._preview()


async def _edited_many(stage: Stage) -> EditSheet:
    page = await stage.open_root("sims")
    sheet = EditSheet(stage.shell, Selection.of(page.model.nodes[:4]), done=lambda: None)
    sheet.choice.centre, sheet.choice.added, sheet.choice.removed = "S-14", (stage.server._name("camera"), "5G"), ("roaming",)
    sheet._choose()
    return sheet


async def edit_many(stage: Stage) -> None:
    await _edited_many(stage)


async def edit_many_plan(stage: Stage) -> None:
    (await _edited_many(stage))._preview()


SCENES: dict[str, Scene] = {
    "11-block": block,
    "11-block-plan": block_plan,
    "11-block-job-plan": block_job_plan,
    "11-job": job,
    "11-job-stop": job_stop,
    "21-jobs": jobs,
    "11-move": move,
    "11-move-plan": move_plan,
    "11-edit": edit,
    "11-edit-typed": edit_typed,
    "11-edit-plan": edit_plan,
    "11-edit-many": edit_many,
    "11-edit-many-plan": edit_many_plan,
}
