"""What waits for an answer: approvals and requests; budgets and stand-ins."""

from typing import Any

from mobile.scenes.stage import Scene, Stage
from mobile.screens.approvals.sheets import AnswerSheet, BudgetSheet, DelegateSheet
from mobile.state.account_tree import AccountTree


async def _inbox(stage: Stage, tab: str) -> Any:
    page = await stage.open_root("inbox")
    page._show(tab)
    await stage.settle()
    return page


async def home_waiting(stage: Stage) -> None:
    stage.server.ask_for_approvals()
    await stage.open_root("home")


async def approvals(stage: Stage) -> None:
    stage.server.ask_for_approvals()
    await stage.open_root("inbox")


async def approvals_none(stage: Stage) -> None:
    await stage.open_root("inbox")


async def _answering(stage: Stage, at: int, *, is_granted: bool) -> AnswerSheet:
    await approvals(stage)
    model = stage.shell.page.model.model
    sheet = AnswerSheet(stage.shell, model, model.rows[at], is_granted=is_granted)
    await stage.settle()
    return sheet


async def approve(stage: Stage) -> None:
    sheet = await _answering(stage, 1, is_granted=True)
    sheet.note = stage.server._name("trip")
    sheet._preview()


async def reject(stage: Stage) -> None:
    await _answering(stage, 0, is_granted=False)


async def delegate(stage: Stage) -> None:
    await approvals(stage)
    sheet = DelegateSheet(stage.shell)
    await stage.settle()
    sheet.choice.to = sheet.choice.candidates()[0]
    sheet._choose()


async def budget(stage: Stage) -> None:
    await approvals(stage)
    tree = AccountTree(stage.shell.services)
    await tree.load()
    BudgetSheet(stage.shell, tree.accounts[1], lambda: None)._limit.entry.text = "180,000,000"


async def inbox(stage: Stage) -> None:
    stage.server.write_tickets()
    await _inbox(stage, "requests")


async def inbox_empty(stage: Stage) -> None:
    await _inbox(stage, "requests")


async def ticket(stage: Stage) -> None:
    stage.server.write_tickets()
    page = await _inbox(stage, "requests")
    stage.shell.go("ticket", ticket=page.model.model.rows[0])
    await stage.settle()


async def ticket_answer(stage: Stage) -> None:
    await ticket(stage)
    stage.shell.page._answer()


async def ticket_new(stage: Stage) -> None:
    page = await stage.open("sim_detail", sim_id="sim-0")
    stage.shell.go("ticket_new", title="", about={"id": "sim-0", "label": page.model.title})


SCENES: dict[str, Scene] = {
    "03-home-waiting": home_waiting,
    "19-approvals": approvals,
    "19-approvals-none": approvals_none,
    "19-approve": approve,
    "19-reject": reject,
    "19-delegate": delegate,
    "19-budget": budget,
    "19-inbox": inbox,
    "19-inbox-empty": inbox_empty,
    "19-ticket": ticket,
    "19-ticket-answer": ticket_answer,
    "19-ticket-new": ticket_new,
}
