"""Wallets: movements, payments into them and transfers between them."""

from mobile.scenes.stage import Scene, Stage
from mobile.screens.payment.top_up import TopUpSheet
from mobile.screens.payment.transfer import TransferSheet
from mobile.state.account_tree import AccountTree


async def money(stage: Stage) -> None:
    await stage.open_root("money")


async def movements(stage: Stage) -> None:
    await stage.open("movements", account_id="account-group")


async def statement(stage: Stage) -> None:
    await stage.open("statement", account_id="account-group")


async def movement(stage: Stage) -> None:
    stage.server.sell()
    await stage.open("movement", transfer_id=stage.server.moves[-1]["id"])


async def movement_bill(stage: Stage) -> None:
    await stage.open("movement", transfer_id=stage.server.moves[3]["id"])


async def _paying(stage: Stage) -> TopUpSheet:
    page = await stage.open_root("money")
    sheet = TopUpSheet(stage.shell, page.model.model.wallet)
    sheet.choice.amount = "250,000,000"
    sheet._choose()
    return sheet


async def top_up(stage: Stage) -> None:
    await _paying(stage)


async def top_up_slip(stage: Stage) -> None:
    (await _paying(stage))._take("BANK_SLIP")


async def top_up_plan(stage: Stage) -> None:
    (await _paying(stage))._preview()


async def _paid_in(stage: Stage, gateway: str) -> None:
    stage.server.gateway, stage.server.looks_until_paid = gateway, 1
    stage.shell.go("payment", payment_id=stage.server.pay_in("GATEWAY", 250_000_000)["id"])
    await stage.settle()


async def payment_waits(stage: Stage) -> None:
    await stage.sign_in()
    await _paid_in(stage, "CREATED")


async def payment_verifying(stage: Stage) -> None:
    await stage.sign_in()
    await _paid_in(stage, "VERIFYING")


async def payment_settled(stage: Stage) -> None:
    await stage.sign_in()
    await _paid_in(stage, "SETTLED")


async def payment_failed(stage: Stage) -> None:
    await stage.sign_in()
    await _paid_in(stage, "FAILED")


async def _moving_money(stage: Stage) -> TransferSheet:
    page = await stage.open_root("money")
    sheet = TransferSheet(stage.shell, page.model.model.wallet, page.model.payer.account)
    tree = AccountTree(stage.shell.services)
    await tree.load()
    await sheet._taken(tree.accounts[3])
    sheet.choice.amount, sheet.choice.memo = "40,000,000", stage.server._name("for_qom")
    sheet._choose()
    return sheet


async def transfer(stage: Stage) -> None:
    await _moving_money(stage)


async def transfer_plan(stage: Stage) -> None:
    (await _moving_money(stage))._preview()


SCENES: dict[str, Scene] = {
    "13-money": money,
    "13-movements": movements,
    "13-statement": statement,
    "13-movement": movement,
    "13-movement-bill": movement_bill,
    "13-top-up": top_up,
    "13-top-up-slip": top_up_slip,
    "13-top-up-plan": top_up_plan,
    "13-payment-waits": payment_waits,
    "13-payment-verifying": payment_verifying,
    "13-payment-settled": payment_settled,
    "13-payment-failed": payment_failed,
    "13-transfer": transfer,
    "13-transfer-plan": transfer_plan,
}
