"""Bills: read, compared, disputed and paid."""

from typing import Any

from mobile.scenes.stage import Scene, Stage
from mobile.screens.bills.lines import DisputeSheet
from mobile.screens.payment.bill import PaySheet


async def bills(stage: Stage) -> Any:
    page = await stage.open_root("money")
    page._show("bills")
    await stage.settle()
    return page.model.model


async def bills_prepaid(stage: Stage) -> None:
    stage.server.is_postpaid = False
    await bills(stage)


async def _bill(stage: Stage, at: int) -> Any:
    model = await bills(stage)
    stage.shell.go("bill", bill_id=model.comparable[at]["id"], others=model.comparable)
    await stage.settle()
    return stage.shell.page


async def bill(stage: Stage) -> None:
    await _bill(stage, 1)


async def bill_disputed(stage: Stage) -> None:
    await _bill(stage, 4)


async def bill_preview(stage: Stage) -> None:
    await _bill(stage, 0)


async def bill_lines(stage: Stage) -> None:
    page = await _bill(stage, 1)
    page._open(page.model.bill["summary"][1])


async def bill_line(stage: Stage) -> None:
    await bill_lines(stage)
    await stage.settle()
    stage.shell.go("bill_line", line_id=stage.shell.page.model.rows[0]["id"])


async def _disputing(stage: Stage) -> Any:
    page = await _bill(stage, 1)
    page._dispute()
    await stage.settle()
    page = stage.shell.page
    await page.model.load()
    for row in page.model.rows[1:4]:
        page.model.mark(row)
    return page


async def bill_dispute(stage: Stage) -> None:
    await _disputing(stage)


async def bill_dispute_plan(stage: Stage) -> None:
    sheet = DisputeSheet(stage.shell, (await _disputing(stage)).model)
    sheet._reason.entry.text = stage.server._name("wrong_month")
    sheet._preview()


async def bill_pay(stage: Stage) -> PaySheet:
    page = await _bill(stage, 1)
    sheet = PaySheet(stage.shell, page.model)
    await stage.settle()
    return sheet


async def bill_pay_plan(stage: Stage) -> None:
    (await bill_pay(stage))._preview()


async def compare(stage: Stage) -> None:
    page = await _bill(stage, 1)
    page._compare()


async def compare_cause(stage: Stage) -> None:
    await compare(stage)
    await stage.settle()
    stage.shell.go("cause", cause=stage.shell.page.model.comparison["causes"][0])


SCENES: dict[str, Scene] = {
    "14-bills": bills,
    "14-bills-prepaid": bills_prepaid,
    "15-bill": bill,
    "15-bill-disputed": bill_disputed,
    "15-bill-preview": bill_preview,
    "15-bill-lines": bill_lines,
    "15-bill-line": bill_line,
    "15-bill-dispute": bill_dispute,
    "15-bill-dispute-plan": bill_dispute_plan,
    "15-bill-pay": bill_pay,
    "15-bill-pay-plan": bill_pay_plan,
    "16-compare": compare,
    "16-compare-cause": compare_cause,
}
