"""SIM cards: the list, a card's own pages, and its PUK."""

import asyncio

from mobile.demo import CODE
from mobile.scenes.stage import Scene, Stage
from mobile.screens.puk.sheet import PukSheet


async def sim_list(stage: Stage) -> None:
    await stage.open_root("sims")


async def sim_list_selecting(stage: Stage) -> None:
    page = await stage.open_root("sims")
    for at in (0, 1, 3):
        page.model.select(f"sim-{at}")


async def sim_list_all(stage: Stage) -> None:
    page = await stage.open_root("sims")
    stage.server.sims = [stage.server._seed(index) for index in range(240)]
    await page.model.load()
    page.begin_choosing()
    page.model.select_all()


async def sim_detail(stage: Stage) -> None:
    await stage.open("sim_detail", sim_id="sim-0")


async def sim_detail_blocked(stage: Stage) -> None:
    await stage.open("sim_detail", sim_id="sim-2")


async def sim_apn(stage: Stage) -> None:
    page = await stage.open("sim_detail", sim_id="sim-0")
    page._open_tab("apn")


async def sim_identity(stage: Stage) -> None:
    await stage.open("sim_detail", sim_id="sim-0", tab="identity")


async def sim_usage(stage: Stage) -> None:
    await stage.open("sim_detail", sim_id="sim-0", tab="usage")


async def puk_reason(stage: Stage) -> None:
    page = await stage.open("sim_detail", sim_id="sim-0")
    PukSheet(stage.shell, page.model)


async def puk_step_up(stage: Stage) -> None:
    page = await stage.open("sim_detail", sim_id="sim-0")
    sheet = PukSheet(stage.shell, page.model)
    await sheet._shown("")
    await stage.settle()
    sheet._boxes.entry.text = CODE[:2]


async def puk_curtain(stage: Stage) -> None:
    stage.server.is_proof_old = False
    page = await stage.open("sim_detail", sim_id="sim-0")
    sheet = PukSheet(stage.shell, page.model)
    await sheet._shown("")
    stage.hours_later = 18 / 3600
    await asyncio.sleep(0.3)


SCENES: dict[str, Scene] = {
    "05-sim-list": sim_list,
    "05-sim-list-selecting": sim_list_selecting,
    "05-sim-list-all": sim_list_all,
    "06-sim-detail": sim_detail,
    "06-sim-detail-blocked": sim_detail_blocked,
    "06-sim-apn": sim_apn,
    "06-sim-identity": sim_identity,
    "07-sim-usage": sim_usage,
    "08-puk-reason": puk_reason,
    "08-puk-step-up": puk_step_up,
    "09-puk-curtain": puk_curtain,
}
