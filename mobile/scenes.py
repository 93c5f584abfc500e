"""The scenes of the screenshots: each brings the in-memory company and the shell into one state of one page."""

import asyncio
import pathlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import TracebackType
from typing import Any

from kivy.base import EventLoop, async_runTouchApp, stopTouchApp
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.floatlayout import FloatLayout

from mobile.app import follow_settings, services_in_memory
from mobile.demo import CODE, NOW, PASSWORD, DemoServer
from mobile.screens.approvals.sheets import AnswerSheet, BudgetSheet, DelegateSheet
from mobile.screens.bills.lines import DisputeSheet
from mobile.screens.groups.sheets import GoneSheet, GroupSheet, PolicySheet
from mobile.screens.payment.bill import PaySheet
from mobile.screens.payment.top_up import TopUpSheet
from mobile.screens.payment.transfer import TransferSheet
from mobile.screens.plan_sheet.order import OrderSheet
from mobile.screens.puk.sheet import PukSheet
from mobile.screens.routes import ROUTES
from mobile.screens.shell import Shell
from mobile.screens.sim_block.sheet import BlockSheet
from mobile.screens.sim_edit.sheet import EditSheet
from mobile.screens.sim_move.sheet import MoveSheet
from mobile.state.account_tree import AccountTree
from mobile.state.selection import Selection
from mobile.widgets import bidi
from mobile.widgets.look import look, register_faces, settle_in_one_frame, wear

QUIET = 4
PATIENCE = 60


async def frame() -> None:
    """Lets Kivy finish one frame."""
    before = Clock.frames
    while Clock.frames == before:  # noqa: ASYNC110 - Kivy's clock has no event to wait for
        await asyncio.sleep(0.001)


class Stage:
    """One shell on one company."""

    def __init__(self, server: DemoServer, shell: Shell) -> None:
        self.server, self.shell = server, shell
        self.hours_later = 0.0

    async def settle(self) -> None:
        """Waits until nothing runs for a few frames; work that polls is not waited for longer than `PATIENCE` frames."""
        quiet = 0
        for _ in range(PATIENCE):
            await frame()
            is_busy = any(not task.done() for task in self.shell._tasks)
            quiet = 0 if is_busy else quiet + 1
            if quiet == QUIET:
                return

    async def sign_in(self) -> None:
        """The profile manager is in, on the home page."""
        self.shell.services.gateway.sign_in(self.server._tokens())
        self.shell.services.session.begin(self.shell.services.settings.identity)
        await self.settle()
        await self.settle()

    async def open_root(self, root: str) -> Any:
        """A root's page, loaded."""
        await self.sign_in()
        self.shell.switch(root)
        await self.settle()
        return self.shell.page

    async def open(self, name: str, **parameters: Any) -> Any:
        """A page, loaded."""
        await self.sign_in()
        self.shell.go(name, **parameters)
        await self.settle()
        return self.shell.page


Scene = Callable[[Stage], Awaitable[None]]


async def sign_in(stage: Stage) -> None:
    stage.shell.page.model.identity = "۰۹۳۵ ۰۰۰ ۱۰۰۰" if look.is_rtl else "+98 935 000 1000"
    stage.shell.page.clear_widgets()
    stage.shell.page.draw()
    stage.shell.page._field.entry.focus = True


async def sign_in_password(stage: Stage) -> None:
    await sign_in(stage)
    stage.shell.page._by("PASSWORD")
    await stage.settle()
    stage.shell.page._password.entry.text = "not the one"
    await stage.shell.page._sent()


async def set_password(stage: Stage) -> None:
    await sign_in(stage)
    stage.shell.page._set()


async def set_password_code(stage: Stage) -> None:
    await set_password(stage)
    await stage.settle()
    await stage.shell.page.model.send()
    await stage.settle()
    stage.shell.page._boxes.entry.text = CODE
    stage.shell.page._field.entry.text = "password1405"
    await stage.shell.page._done()
    stage.shell.page._field.entry.text = PASSWORD


async def otp(stage: Stage) -> None:
    await sign_in(stage)
    await stage.shell.page._sent()
    await stage.settle()
    stage.shell.page._boxes.entry.text = CODE[:4]


async def authenticator(stage: Stage) -> None:
    stage.server.is_totp_needed = True
    await otp(stage)
    await stage.shell.page._confirmed(CODE)


async def home(stage: Stage) -> None:
    await stage.open_root("home")


async def account_tree(stage: Stage) -> None:
    page = await stage.open("account_tree")
    page.model.toggle("account-nothing")


async def sim_list(stage: Stage) -> None:
    await stage.open_root("sims")


async def sim_list_selecting(stage: Stage) -> None:
    page = await stage.open_root("sims")
    for at in (0, 1, 3):
        page.model.select(f"sim-{at}")


async def sim_detail(stage: Stage) -> None:
    await stage.open("sim_detail", sim_id="sim-0")


async def sim_detail_blocked(stage: Stage) -> None:
    await stage.open("sim_detail", sim_id="sim-2")


async def sim_usage(stage: Stage) -> None:
    await stage.open("sim_detail", sim_id="sim-0", tab="usage")


async def sim_apn(stage: Stage) -> None:
    page = await stage.open("sim_detail", sim_id="sim-0")
    page._open_tab("apn")


async def sim_identity(stage: Stage) -> None:
    await stage.open("sim_detail", sim_id="sim-0", tab="identity")


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


async def block(stage: Stage) -> None:
    page = await stage.open_root("sims")
    BlockSheet(stage.shell, Selection.of(page.model.nodes[:3]), is_block=True, done=lambda: None)


async def block_plan(stage: Stage) -> None:
    page = await stage.open_root("sims")
    sheet = BlockSheet(stage.shell, Selection.of(page.model.nodes[:3]), is_block=True, done=lambda: None)
    sheet._preview()


async def sim_list_all(stage: Stage) -> None:
    page = await stage.open_root("sims")
    stage.server.sims = [stage.server._seed(index) for index in range(240)]
    await page.model.load()
    page.begin_choosing()
    page.model.select_all()


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


async def money(stage: Stage) -> None:
    await stage.open_root("money")


async def purchases(stage: Stage) -> None:
    stage.server.sell()
    page = await stage.open_root("money")
    page._show("purchases")


async def purchases_empty(stage: Stage) -> None:
    page = await stage.open_root("money")
    page._show("purchases")


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


async def _inbox(stage: Stage, tab: str) -> Any:
    page = await stage.open_root("inbox")
    page._show(tab)
    await stage.settle()
    return page


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


async def groups(stage: Stage) -> Any:
    page = await stage.open_root("money")
    page._show("groups")
    await stage.settle()
    return page


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


async def groups_running(stage: Stage) -> None:
    await group_job(stage)
    await stage.settle()
    await groups(stage)


async def policy(stage: Stage) -> Any:
    await stage.open("policy", policy_id="policy-0")
    return stage.shell.page


async def policy_edit(stage: Stage) -> None:
    page = await policy(stage)
    PolicySheet(stage.shell, "wallet-1", lambda: None, policy=page.model)


async def policy_new(stage: Stage) -> None:
    page = await group(stage)
    await page._open_policy()


async def plan_approval(stage: Stage) -> None:
    stage.server.limit = 5_000_000
    page = await _buying(stage)
    OrderSheet(stage.shell, page.model)


async def home_waiting(stage: Stage) -> None:
    stage.server.ask_for_approvals()
    await stage.open_root("home")


async def inbox(stage: Stage) -> None:
    stage.server.write_tickets()
    await _inbox(stage, "requests")


async def inbox_empty(stage: Stage) -> None:
    await _inbox(stage, "requests")


async def ticket(stage: Stage) -> None:
    stage.server.write_tickets()
    page = await _inbox(stage, "requests")
    stage.shell.go("ticket", ticket=page.model.model.tickets[0])
    await stage.settle()


async def ticket_answer(stage: Stage) -> None:
    await ticket(stage)
    stage.shell.page._answer()


async def ticket_new(stage: Stage) -> None:
    page = await stage.open("sim_detail", sim_id="sim-0")
    stage.shell.go("ticket_new", title="", about={"id": "sim-0", "label": page.model.title})


async def sign_in_outage(stage: Stage) -> None:
    stage.server.has_outage = True
    await stage.shell.page.model.look_for_outages()


async def home_outage(stage: Stage) -> None:
    stage.server.has_outage = True
    await stage.open_root("home")


async def help(stage: Stage) -> None:
    await stage.open("help")


async def help_stranger(stage: Stage) -> None:
    stage.shell.go("help")


async def help_article(stage: Stage) -> None:
    page = await stage.open("help")
    stage.shell.go("help_article", article=page.model.articles[1])


async def more(stage: Stage) -> None:
    await stage.open_root("more")


async def sessions(stage: Stage) -> None:
    await stage.open("sessions")


async def members(stage: Stage) -> None:
    await stage.open("members")


async def audit(stage: Stage) -> None:
    await stage.open("audit")


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
    "01-sign-in": sign_in,
    "01-sign-in-password": sign_in_password,
    "01-set-password": set_password,
    "01-set-password-code": set_password_code,
    "02-otp": otp,
    "02-otp-authenticator": authenticator,
    "01-sign-in-outage": sign_in_outage,
    "03-home": home,
    "03-home-waiting": home_waiting,
    "03-home-outage": home_outage,
    "04-account-tree": account_tree,
    "05-sim-list": sim_list,
    "05-sim-list-selecting": sim_list_selecting,
    "06-sim-detail": sim_detail,
    "06-sim-detail-blocked": sim_detail_blocked,
    "06-sim-apn": sim_apn,
    "06-sim-identity": sim_identity,
    "07-sim-usage": sim_usage,
    "08-puk-reason": puk_reason,
    "08-puk-step-up": puk_step_up,
    "09-puk-curtain": puk_curtain,
    "10-buy-bundle": buy,
    "11-plan-sheet": plan,
    "11-plan-approval": plan_approval,
    "11-plan-stale": plan_stale,
    "11-plan-refused": plan_refused,
    "11-block": block,
    "11-block-plan": block_plan,
    "05-sim-list-all": sim_list_all,
    "11-block-job-plan": block_job_plan,
    "11-job": job,
    "11-job-stop": job_stop,
    "11-move": move,
    "11-move-plan": move_plan,
    "11-edit": edit,
    "11-edit-typed": edit_typed,
    "11-edit-plan": edit_plan,
    "11-edit-many": edit_many,
    "11-edit-many-plan": edit_many_plan,
    "12-receipt": receipt,
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
    "13-purchases": purchases,
    "13-purchases-empty": purchases_empty,
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
    "20-help": help,
    "20-help-stranger": help_stranger,
    "20-help-article": help_article,
    "21-more": more,
    "21-jobs": jobs,
    "21-sessions": sessions,
    "21-members": members,
    "21-who-looked": audit,
    "22-state-loading": state_loading,
    "23-state-offline": state_offline,
    "24-state-empty": state_empty,
    "25-state-no-right": state_no_right,
    "26-state-session": state_session_ended,
    "27-state-error": state_error,
}


class Theatre:
    """The window in which scenes are played, one after another."""

    def __init__(self, folder: pathlib.Path, *, draws: bool = True) -> None:
        """Without drawing, frames follow each other at once and cost no pixels: layout, touches and words are all there."""
        self._folder = folder
        self._draw = Window.on_draw
        if not draws:
            Window.on_draw = lambda: None
            Clock._max_fps = 0
        self._root = FloatLayout()

    async def __aenter__(self) -> "Theatre":
        register_faces()
        bidi.install()
        settle_in_one_frame()
        look.has_motion = False
        self._running = asyncio.create_task(async_runTouchApp(self._root, async_lib="asyncio"))
        while EventLoop.status != "started":  # noqa: ASYNC110 - Kivy's loop has no event to wait for
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        Window.on_draw = self._draw
        stopTouchApp()
        await asyncio.wait_for(self._running, 5)

    async def play(self, scene: Scene, target: pathlib.Path, *, language: str, theme: str, scale: float = 1.0) -> None:
        """Builds a fresh company and shell, plays the scene, and saves what the window shows."""
        stage = await self.build(language=language, theme=theme, scale=scale)
        await scene(stage)
        await stage.settle()
        self.draw(target)
        await self.clear(stage)

    def draw(self, target: pathlib.Path) -> None:
        """Saves what the window shows now."""
        self._draw()
        _move(Window.screenshot(name=str(target)), target)

    async def build(self, *, language: str, theme: str = "light", scale: float = 1.0) -> Stage:
        """A signed-out shell on a fresh company."""
        if self._running.done():
            self._running.result()
        wear(language=language, theme=theme, scale=scale)
        Window.clearcolor = look.colour("background")
        server = DemoServer()
        server.speak(language)
        services = services_in_memory(self._folder, server, language=language, theme=theme, identity="+989350001000")
        services.gateway.language = language
        shell = Shell(services, ROUTES, lambda: None)
        stage = Stage(server, shell)
        services.now = services.gateway._now = lambda: NOW + timedelta(hours=stage.hours_later)
        self._root.add_widget(shell)
        await stage.settle()
        return stage

    async def change(self, stage: Stage, **settings: Any) -> None:
        """Changes settings as the person would, and lets the shell follow as the app does."""
        stage.shell.services.settings.put(**settings)
        follow_settings(stage.shell)
        await stage.settle()

    async def clear(self, stage: Stage) -> None:
        """Ends what the scene began and empties the window."""
        if stage.shell.failed is not None:
            raise stage.shell.failed
        stage.shell.close_sheets()
        stage.shell._reset()
        stage.shell._close_gate()
        await stage.shell.stop()
        self._root.clear_widgets()
        await asyncio.sleep(0.03)


def _move(numbered: str, target: pathlib.Path) -> None:
    """Kivy numbers its screenshots; ours have names."""
    pathlib.Path(numbered).replace(target)
