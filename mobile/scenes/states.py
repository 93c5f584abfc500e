"""A page while it loads, without a network, without rows, without a right, and after a fault."""

import asyncio

from mobile.scenes.stage import Scene, Stage


async def state_loading(stage: Stage) -> None:
    stage.server.delay = 5.0
    stage.shell.services.gateway.sign_in(stage.server._tokens())
    stage.shell.services.session.begin()
    await asyncio.sleep(0.4)


async def state_offline(stage: Stage) -> None:
    page = await stage.open_root("sims")
    stage.server.is_offline = True
    stage.hours_later = 3
    page.reload()


async def state_empty(stage: Stage) -> None:
    page = await stage.open_root("sims")
    page._field.entry.text = "0939 11"
    await page.model.narrow(search="0939 11", status="BLOCKED")


async def state_no_right(stage: Stage) -> None:
    stage.server.denied.add("Wallet")
    await stage.open_root("money")


async def state_session_ended(stage: Stage) -> None:
    page = await stage.open_root("sims")
    stage.server.is_ended = True
    page.reload()


async def state_error(stage: Stage) -> None:
    await stage.sign_in()
    stage.server.is_broken = True
    stage.shell.go("sim_detail", sim_id="sim-0")


SCENES: dict[str, Scene] = {
    "22-state-loading": state_loading,
    "23-state-offline": state_offline,
    "24-state-empty": state_empty,
    "25-state-no-right": state_no_right,
    "26-state-session": state_session_ended,
    "27-state-error": state_error,
}
