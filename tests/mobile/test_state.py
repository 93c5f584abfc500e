"""View models against the in-memory company: signing in, lists, writes with a plan, codes behind a proof."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from mobile.demo import CODE, NOW, PASSWORD, DemoServer
from mobile.gateway import failures
from mobile.state.account_tree import AccountTree
from mobile.state.approvals import Approvals
from mobile.state.audit import Audit
from mobile.state.bills import Bill, BillLine, BillLines, Bills
from mobile.state.buying import Buying
from mobile.state.comparison import Comparison
from mobile.state.following import Followed
from mobile.state.groups import Group, Groups, Policy
from mobile.state.help import Article, Help
from mobile.state.home import Home
from mobile.state.job import Job, kind_of
from mobile.state.jobs import Jobs
from mobile.state.language import choose_language
from mobile.state.loading import Loadable, Phase
from mobile.state.members import Members
from mobile.state.paged import Paged
from mobile.state.password import PasswordSetting, challenge_in
from mobile.state.payer import Payer
from mobile.state.payments import Payment
from mobile.state.plan_flow import Step
from mobile.state.puk import PukReveal
from mobile.state.purchases import Purchases
from mobile.state.receipt import Receipt
from mobile.state.selection import Selection
from mobile.state.services import Services
from mobile.state.session import SessionPhase
from mobile.state.sessions import Sessions
from mobile.state.settings import Settings, clean_server
from mobile.state.sign_in import SignIn, Stage
from mobile.state.sim_block import SimBlock
from mobile.state.sim_detail import SimDetail
from mobile.state.sim_edit import SimEdit, tags_in
from mobile.state.sim_list import SimList
from mobile.state.sim_move import SimMove
from mobile.state.ticket import TicketView
from mobile.state.tickets import Tickets, is_late
from mobile.state.wallet import Movement, Movements, Statement, Wallet
from tests.mobile.conftest import Clock


async def until(happened: Callable[[], bool]) -> None:
    """Lets other tasks run until it happened; fails after two seconds."""
    async with asyncio.timeout(2):
        while not happened():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


# ── signing in ──


async def test_signing_in_with_persian_digits(services: Services) -> None:
    model = SignIn(services)
    model.identity = "۰۹۳۵ ۰۰۰ ۱۰۰۰"

    await model.send()
    done = await model.confirm("۴۰۷۱۲۶")

    assert done and services.session.phase is SessionPhase.SIGNED_IN and services.gateway.is_signed_in


async def test_a_wrong_code_costs_a_try_and_says_so(services: Services) -> None:
    model = SignIn(services)
    await model.send()

    done = await model.confirm("111111")

    assert not done and model.tries_left == 4 and model.problem == "This code isn’t right."
    assert services.session.phase is SessionPhase.SIGNED_OUT


async def test_an_authenticator_is_asked_for_after_the_code(services: Services, server: DemoServer) -> None:
    server.is_totp_needed = True
    model = SignIn(services)
    await model.send()

    first = await model.confirm(CODE)
    second = await model.confirm(CODE)

    assert (first, second) == (False, True)
    assert model.stage is Stage.AUTHENTICATOR


async def test_a_code_runs_out_with_the_clock(services: Services, clock: Clock) -> None:
    model = SignIn(services)
    await model.send()

    clock.pass_by(seconds=36)

    assert model.seconds_left() == 84 and model.share_left() == pytest.approx(0.7)
    assert not model.can_resend()
    clock.pass_by(seconds=30)
    assert model.can_resend()


async def test_without_network_nothing_is_sent_and_the_person_is_told(services: Services, server: DemoServer) -> None:
    server.is_offline = True
    model = SignIn(services)

    await model.send()

    assert model.stage is Stage.IDENTITY and model.problem is not None and "reach the server" in model.problem


async def test_signing_out_forgets_everything_even_without_network(signed_in: Services, server: DemoServer) -> None:
    server.is_offline = True

    await Sessions(signed_in).sign_out()

    assert signed_in.session.phase is SessionPhase.SIGNED_OUT and not signed_in.gateway.is_signed_in
    assert signed_in.settings.identity == ""


async def test_signing_in_by_password(services: Services) -> None:
    model = SignIn(services)
    model.identity = "۰۹۳۵ ۰۰۰ ۱۰۰۰"

    wrong, right = await model.enter("not the one"), await model.enter(PASSWORD)

    assert (wrong, right) == (False, True)
    assert services.session.phase is SessionPhase.SIGNED_IN and services.gateway.is_signed_in
    assert services.settings.identity == "۰۹۳۵ ۰۰۰ ۱۰۰۰"


@pytest.mark.parametrize(("identity", "password", "words"), [("", PASSWORD, "mobile number"), ("09350001000", "", "password")])
async def test_what_is_missing_beside_a_password_is_asked_for(
    services: Services, server: DemoServer, identity: str, password: str, words: str
) -> None:
    model = SignIn(services)
    model.identity = identity

    assert not await model.enter(password)
    assert model.problem is not None and words in model.problem
    assert server.asked == []


async def test_an_authenticator_is_asked_for_after_the_password_too(services: Services, server: DemoServer) -> None:
    server.is_totp_needed = True
    model = SignIn(services)

    first = await model.enter(PASSWORD)
    assert model.stage is Stage.AUTHENTICATOR

    assert (first, await model.confirm(CODE)) == (False, True)


async def test_a_password_is_set_by_a_code_and_signs_in(services: Services, server: DemoServer) -> None:
    model = PasswordSetting(services)
    assert await model.send("EMAIL") and server.asked == ["OtpRequest"]

    told = []
    for code, password in (("4071", PASSWORD), (CODE, "short"), ("111111", PASSWORD), (CODE, "password1405")):
        assert not await model.set(code, password)
        told.append(model.problem)
    assert len(set(told)) == 4 and model.tries_left == 4
    assert server.asked.count("PasswordSet") == 2  # what can't be right isn't sent

    assert await model.set("۴۰۷۱۲۶", "marble oyster quiet 77 lamp")
    assert not model.is_inside
    assert await SignIn(services).enter("marble oyster quiet 77 lamp")


def test_the_link_of_an_sms_names_its_question(services: Services) -> None:
    assert challenge_in("simurgh://password/Y2iwPMaw21hE") == "Y2iwPMaw21hE"
    assert [challenge_in(link) for link in ("", "simurgh://password/", "simurgh://sim/x", "https://care.example/password/x")] == [None] * 4

    model = PasswordSetting(services, challenge_id="Y2iwPMaw21hE")
    assert (model.challenge["id"], model.code_length, model.seconds_left(), model.share_left()) == ("Y2iwPMaw21hE", 6, 0, 0.0)


async def test_a_chosen_language_is_told_to_the_server_once_signed_in(services: Services, server: DemoServer) -> None:
    assert await choose_language(services, "bg") and server.asked == []

    services.gateway.sign_in(server._tokens())
    assert await choose_language(services, "ru")
    assert (services.settings.language, server.locale) == ("ru", "RU")

    server.is_offline = True
    assert not await choose_language(services, "en")
    assert services.settings.language == "en"


async def test_all_other_sessions_are_ended_in_one_go(signed_in: Services, server: DemoServer) -> None:
    model = Sessions(signed_in)
    await model.load()
    assert model.others == ["session-2", "session-3"]

    await model.end(*model.others)

    assert model.others == [] and [session["id"] for session in model.sessions] == ["session-1"]


# ── reading ──


async def test_home_tells_the_session_who_is_asking(signed_in: Services) -> None:
    home = Home(signed_in)

    await home.load()

    assert home.phase is Phase.READY
    assert signed_in.session.account["counters"]["total"] == 1200
    assert [child["name"] for child in home.children] == ["Nikazin Logistics", "Nikazin Sales", "Nikazin Energy"]


async def test_members_come_page_by_page_and_name_oneself(signed_in: Services, server: DemoServer) -> None:
    server.members_a_page = 3
    members = Members(signed_in)
    await members.load()

    assert (len(members.rows), members.count, members.cursor) == (3, 4, "more")
    assert [one["person"]["id"] == members.own_id for one in members.rows] == [True, False, False]
    await members.load_more()
    await members.load_more()
    assert [one["role"] for one in members.rows] == ["PROFILE_MANAGER", "PROFILE_MANAGER", "ACCOUNT_MANAGER", "ACCOUNT_MANAGER"]
    assert server.asked.count("Members") == 2


async def test_an_ended_session_is_noticed_by_any_screen(signed_in: Services, server: DemoServer) -> None:
    server.is_ended = True

    await Home(signed_in).load()

    assert signed_in.session.phase is SessionPhase.ENDED


async def test_a_reload_without_network_keeps_what_is_shown(signed_in: Services, server: DemoServer, clock: Clock) -> None:
    home = Home(signed_in)
    await home.load()
    server.is_offline = True
    clock.pass_by(hours=3)

    await home.load()

    assert home.phase is Phase.READY and home.is_cached and home.is_old


async def test_what_was_seen_once_is_there_before_the_network_answers(signed_in: Services, server: DemoServer, clock: Clock) -> None:
    await Home(signed_in).load()
    clock.pass_by(minutes=10)
    server.delay = 0.2
    home = Home(signed_in)

    loading = asyncio.create_task(home.load())
    await until(lambda: home.phase is Phase.READY)
    assert home.is_cached and home.is_asking and not home.is_behind
    assert home.seen_at == clock() - timedelta(minutes=10)
    await loading

    assert not home.is_cached and home.seen_at == clock()


async def test_without_network_every_screen_seen_once_opens_with_its_age(signed_in: Services, server: DemoServer, clock: Clock) -> None:
    server.sell()
    server.write_tickets()
    server.ask_for_approvals()
    flow = SimBlock(signed_in, Selection({"filter": {}}, 64)).block()
    await flow.preview()
    await flow.apply()

    def screens() -> list[Loadable]:
        sim = "sim-0"
        return [
            Home(signed_in), AccountTree(signed_in), SimList(signed_in), SimDetail(signed_in, sim), SimDetail(signed_in, sim).apns,
            Purchases(signed_in), Purchases(signed_in, "sim-20"), Tickets(signed_in), Sessions(signed_in), Members(signed_in),
            Audit(signed_in), Buying(signed_in, []), Receipt(signed_in, server.orders[0]["id"]),
            TicketView(signed_in, {"id": "ticket-TK-1405-00041"}), Help(signed_in), Job(signed_in, "job-0"), Jobs(signed_in),
            Wallet(signed_in, Payer(signed_in)), Movements(signed_in, "account-group"), Statement(signed_in, "account-group"),
            Movement(signed_in, server.moves[-1]["id"]), Payment(signed_in, "payment-PAY-5107"), Bills(signed_in, Payer(signed_in)),
            Bill(signed_in, "bill-1405-07"), BillLines(signed_in, "bill-1405-07"), BillLine(signed_in, "line-1405-07-0-DATA"),
            Comparison(signed_in, "bill-1405-07", "bill-1405-06"), Groups(signed_in), Group(signed_in, "group-drivers"),
            Policy(signed_in, "policy-0"), Approvals(signed_in),
        ]  # fmt: skip

    bases = {Followed, Paged}
    assert {type(screen) for screen in screens()} == {kind for base in (Loadable, *bases) for kind in base.__subclasses__()} - bases

    for screen in screens():
        await screen.load()
        assert screen.phase is Phase.READY and not screen.is_cached, screen
    clock.pass_by(minutes=10)
    server.is_offline = True

    for screen in screens():
        await screen.load()
        assert screen.phase is Phase.READY and screen.is_behind and screen.failure is None, screen
        assert screen.seen_at == clock() - timedelta(minutes=10)


async def test_a_right_that_was_taken_away_takes_the_kept_answer_with_it(signed_in: Services, server: DemoServer) -> None:
    server.sell()
    await Purchases(signed_in).load()
    server.denied.add("PurchaseHistory")
    purchases = Purchases(signed_in)
    await purchases.load()
    assert purchases.phase is Phase.NO_RIGHT

    server.is_offline = True
    again = Purchases(signed_in)
    await again.load()

    assert again.phase is Phase.ERROR and again.rows == []


async def test_kept_pages_scroll_without_network_and_stay_while_fresh_ones_come(
    signed_in: Services, server: DemoServer, clock: Clock
) -> None:
    server.sims = [server._seed(index) for index in range(150)]
    seen = SimList(signed_in)
    await seen.load()
    await seen.load_more()
    clock.pass_by(minutes=10)
    server.is_offline = True
    sims = SimList(signed_in)
    await sims.load()

    await sims.load_more()
    assert (len(sims.nodes), sims.is_behind) == (100, True)
    await sims.load_more()
    await sims.load_more()
    assert len(sims.nodes) == 100 and sims.failure is not None

    server.is_offline = False
    server.sims[0]["status"] = "BLOCKED"
    await sims.resume()
    assert (len(sims.nodes), sims.nodes[0]["status"], sims.is_behind) == (100, "BLOCKED", False)
    await sims.load_more()
    assert [node["id"] for node in sims.nodes] == [f"sim-{index}" for index in range(150)]


async def test_other_conditions_without_a_kept_answer_never_show_the_rows_of_the_ones_before(
    signed_in: Services, server: DemoServer
) -> None:
    sims = SimList(signed_in)
    await sims.load()
    server.is_offline = True

    await sims.narrow(status="BLOCKED")
    assert sims.phase is Phase.ERROR
    await sims.narrow(status=None)

    assert sims.phase is Phase.READY and len(sims.nodes) == 50


async def test_a_lost_server_is_looked_for_until_it_answers(signed_in: Services, server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    network, waited = signed_in.network, []

    async def pause(seconds: float) -> None:
        if seconds:  # the company in memory takes none
            waited.append(seconds)
            server.is_offline = len(waited) < 9

    server.is_offline = True
    assert not await signed_in.gateway.reach()
    assert (network.is_offline, network.outages) == (True, 1)
    monkeypatch.setattr(asyncio, "sleep", pause)
    await network.seek()
    monkeypatch.undo()
    await asyncio.wait_for(network.back(), 1)

    assert not network.is_offline and len(waited) == 9
    assert all(0.8 * pause <= one <= 1.2 * pause for one, pause in zip(waited, (1, 2, 4, 8, 16, 32, 60, 60, 60), strict=True))


async def test_a_missing_right_is_a_state_of_the_screen(signed_in: Services, server: DemoServer) -> None:
    server.denied.add("PurchaseHistory")
    purchases = Purchases(signed_in)

    await purchases.load()

    assert purchases.phase is Phase.NO_RIGHT


async def test_the_tree_closes_and_finds_with_the_way_up(signed_in: Services) -> None:
    tree = AccountTree(signed_in)
    await tree.load()

    assert [row.depth for row in tree.rows()] == [0, 1, 2, 3, 3, 2, 1, 1]
    tree.toggle("account-logistics")
    assert [row.node["name"] for row in tree.rows()] == ["Nikazin Group", "Nikazin Logistics", "Nikazin Sales", "Nikazin Energy"]
    tree.narrow(search="RASHT")
    assert [row.node["name"] for row in tree.rows()] == ["Nikazin Group", "Nikazin Logistics", "Northern fleet", "Rasht terminal"]


async def test_the_list_pages_to_its_end_and_no_further(signed_in: Services, server: DemoServer) -> None:
    sims = SimList(signed_in)
    await sims.load()
    assert (len(sims.nodes), sims.count) == (50, 64)

    await sims.load_more()
    await sims.load_more()

    assert len(sims.nodes) == 64 and len({node["id"] for node in sims.nodes}) == 64
    assert server.asked.count("Fleet") == 2


async def test_search_takes_persian_digits(signed_in: Services) -> None:
    sims = SimList(signed_in)

    await sims.narrow(search="۰۹۳۶ ۰۰۰ ۱۱۰۷")

    assert len(sims.nodes) == 1 and [sims.row(0).number] == ["+98\u00a0936\u00a0000\u00a01107"]


async def test_nothing_found_is_empty_and_clears(signed_in: Services) -> None:
    sims = SimList(signed_in)
    await sims.narrow(search="no such holder", status="BLOCKED")
    assert sims.phase is Phase.EMPTY and sims.has_conditions

    await sims.clear()

    assert sims.phase is Phase.READY and not sims.has_conditions


async def test_rows_say_what_is_left_what_is_wrong_and_what_is_due(signed_in: Services) -> None:
    sims = SimList(signed_in)
    await sims.load()
    active, low, blocked, _, ready = (sims.row(at) for at in range(5))

    assert (active.right, active.due, active.tone) == ("6.2\u00a0GB", "1,240,000\u00a0IRR", "ok")
    assert (low.right, low.right_tone) == ("0.18\u00a0GB", "warning")
    assert (blocked.right, blocked.tone, blocked.share_left) == ("Blocked", "error", None)
    assert blocked.detail == "Vehicle 21 · lost"
    assert (ready.right, ready.due) == ("Ready to activate", "Nothing due")


async def test_at_most_250_are_selected_by_name(signed_in: Services, server: DemoServer) -> None:
    server.sims = [server._seed(index) for index in range(300)]
    sims = SimList(signed_in)
    await sims.load()
    for _ in range(5):
        await sims.load_more()

    for node in sims.nodes:
        sims.select(node["id"])

    assert len(sims.nodes) == 300 and sims.selection.count == len(sims.selection.asked["ids"]) == 250
    assert sims.selection.is_job and not Selection.of(sims.nodes[:100]).is_job


async def test_all_that_match_are_selected_by_their_conditions(signed_in: Services) -> None:
    sims = SimList(signed_in)
    await sims.narrow(has_debt=True)
    sims.select("sim-0")

    sims.select_all()
    assert sims.selection == Selection({"filter": {"accountId": "account-group", "hasDebt": True}}, sims.count or 0)
    assert sims.selection.is_job and sims.is_selected("sim-63") and sims.can_select_all
    sims.select("sim-3")
    assert sims.selection.asked == {"ids": ["sim-3"]}

    sims.select_all()
    await sims.narrow(has_debt=False)
    assert not sims.is_all  # nobody chose these
    await sims.narrow(search="0412")
    assert not sims.can_select_all


async def test_many_cards_are_done_by_a_job_that_is_watched_to_its_end(
    signed_in: Services, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mobile.state.job.PAUSE_SECONDS", 0.0)
    server.sims = [server._seed(index) for index in range(250)]
    sims = SimList(signed_in)
    await sims.load()
    sims.select_all()
    flow = SimBlock(signed_in, sims.selection).block()
    await flow.preview()
    assert (flow.plan["changeCount"], flow.plan["exclusionCount"], flow.payload) == (249, 1, {})

    assert await flow.apply()
    job = Job(signed_in, flow.payload["job"]["id"])
    shares = []
    job.watch(lambda: shares.append(job.share(job.done)) if job.job else None)
    await job.follow()

    assert (job.job["state"], job.job["succeeded"], job.job["failed"], kind_of(job.job)) == ("FINISHED", 249, 1, "SIM_STATUS")
    assert [row["label"] for row in job.failed] == ["+989360001107"] and shares == sorted(shares) and shares[-1] == 1
    assert all(sim["status"] == "BLOCKED" for sim in server.sims)


async def test_a_stopped_job_keeps_what_is_done(signed_in: Services, server: DemoServer) -> None:
    server.sims = [server._seed(index) for index in range(250)]
    flow = SimBlock(signed_in, Selection({"filter": {"accountId": "account-group"}}, 250)).block()
    await flow.preview()
    await flow.apply()
    job = Job(signed_in, flow.payload["job"]["id"])
    await job.load()

    stopping = job.stop()
    await stopping.preview()
    assert stopping.step is Step.PLANNED and server.jobs[job.job_id]["state"] == "RUNNING"
    assert await stopping.apply()
    await job.load()

    assert job.is_final and job.job["state"] == "CANCELLED" and job.done == 60
    assert sum(sim["status"] == "BLOCKED" for sim in server.sims) == 60


async def test_a_job_is_watched_again_when_the_network_is_back(
    signed_in: Services, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mobile.state.job.PAUSE_SECONDS", 0.0)
    flow = SimBlock(signed_in, Selection({"filter": {}}, 64)).block()
    server.rows_a_look = 1
    await flow.preview()
    await flow.apply()
    job = Job(signed_in, flow.payload["job"]["id"])
    watching = asyncio.create_task(job.follow())
    await until(lambda: bool(job.job))
    server.is_offline = True
    await until(lambda: job.is_behind)
    assert not watching.done() and job.phase is Phase.READY

    server.is_offline = False
    server.rows_a_look = 100
    assert await signed_in.gateway.reach()
    await asyncio.wait_for(watching, 2)
    assert job.is_final

    left = Job(signed_in, job.job_id)
    left.leave()
    await left.follow()
    assert left.job == {}


async def test_the_parts_of_one_card(signed_in: Services) -> None:
    card = SimDetail(signed_in, "sim-0")
    await card.load()
    await card.apns.load()

    assert card.title == "+98\u00a0935\u00a0000\u00a00412" and card.subtitle == "Maryam Rastgar · Tehran sales"
    assert card.may("SIM_BLOCK") and not card.may("SIM_REPLACE")
    assert [apn["networkIdentifier"] for apn in card.apns.rows] == ["nikazin.corp", "mtnirancell"]


# ── PUK ──


async def test_codes_come_after_a_fresh_proof_and_hide_after_a_minute(signed_in: Services, clock: Clock) -> None:
    card = SimDetail(signed_in, "sim-0")
    await card.load()
    puk = PukReveal(signed_in, card.sim)

    assert not await puk.reveal()
    assert puk.needs_proof and puk.challenge
    assert await puk.prove(CODE)
    assert puk.codes["puk1"] == "04718263" and puk.seconds_left() == 60 and puk.used_today == 2

    clock.pass_by(seconds=18)
    assert puk.seconds_left() == 42
    puk.hide()
    assert puk.codes == {} and puk.seconds_left() == 0


async def test_a_wrong_proof_reveals_nothing(signed_in: Services, server: DemoServer) -> None:
    puk = PukReveal(signed_in, {"id": "sim-0", "pukRevealsLeft": 2})
    await puk.reveal()

    done = await puk.prove("000000")

    assert not done and puk.codes == {} and puk.problem == "This code isn’t right."
    assert server.reveals_left == 2


# ── buying ──


async def buying(services: Services, count: int = 7) -> Buying:
    sims = SimList(services)
    await sims.load()
    form = Buying(services, sims.nodes[:count])
    await form.load()
    return form


async def test_a_purchase_is_shown_then_done_once(signed_in: Services, server: DemoServer) -> None:
    form = await buying(signed_in)
    flow = form.flow()

    await flow.preview()
    assert flow.step is Step.PLANNED
    assert (flow.plan["changeCount"], flow.plan["exclusionCount"]) == (6, 2)
    assert flow.plan["total"]["gross"]["amount"] == "6875000" and server.orders == []

    assert await flow.apply()
    assert server.wallet == 615_300_000 - 6_875_000 and len(server.orders) == 1


async def test_a_lost_answer_is_planned_anew_and_never_done_twice(signed_in: Services, server: DemoServer) -> None:
    flow = (await buying(signed_in)).flow()
    await flow.preview()
    answer = server.handle_async_request

    async def lost(request: httpx.Request) -> httpx.Response:
        await answer(request)
        raise httpx.ReadError("the answer is lost", request=request)

    server.handle_async_request = lost  # type: ignore[method-assign]
    applying = asyncio.create_task(flow.apply())
    await until(lambda: flow.step is Step.WAITING)
    assert len(server.orders) == 1
    server.handle_async_request = answer  # type: ignore[method-assign]
    assert await signed_in.gateway.reach()

    assert not await applying
    assert flow.step is Step.PLANNED and flow.was_lost and server.asked[-2:] == ["OrderPlace", "OrderPlace"]
    assert await flow.apply()
    assert flow.step is Step.DONE and len(server.orders) == 1


async def test_a_plan_asked_for_offline_waits_as_a_draft_and_is_asked_when_back(signed_in: Services, server: DemoServer) -> None:
    flow = (await buying(signed_in)).flow()
    server.is_offline = True
    planning = asyncio.create_task(flow.preview())
    await until(lambda: flow.step is Step.WAITING)
    assert flow.plan == {} and server.orders == []

    server.is_offline = False
    assert await signed_in.gateway.reach()
    await planning

    assert flow.step is Step.PLANNED and flow.plan["token"] and server.orders == []


async def test_a_plan_from_before_an_outage_is_asked_anew_instead_of_applied(signed_in: Services, server: DemoServer) -> None:
    flow = (await buying(signed_in)).flow()
    await flow.preview()
    server.is_offline = True
    assert not await signed_in.gateway.reach()
    server.is_offline = False
    assert await signed_in.gateway.reach()
    server.wallet -= 1_000_000

    assert not await flow.apply()
    assert flow.step is Step.PLANNED and flow.was_lost and server.orders == []
    assert await flow.apply() and len(server.orders) == 1


async def test_a_dropped_draft_is_never_asked_for(signed_in: Services, server: DemoServer) -> None:
    flow = (await buying(signed_in)).flow()
    server.is_offline = True
    planning = asyncio.create_task(flow.preview())
    await until(lambda: flow.step is Step.WAITING)
    asked = len(server.asked)

    flow.drop()
    server.is_offline = False
    assert await signed_in.gateway.reach()
    await planning

    assert len(server.asked) == asked


async def test_a_stale_plan_is_shown_anew_with_what_changed(signed_in: Services, server: DemoServer) -> None:
    flow = (await buying(signed_in)).flow()
    await flow.preview()
    server.is_plan_stale = True

    assert not await flow.apply()

    assert flow.step is Step.PLANNED and flow.is_stale and server.orders == []
    assert flow.changed_labels == {"+989300007715", "Nikazin Group", "total"}
    assert await flow.apply()


async def test_a_poor_wallet_refuses_with_what_is_missing(signed_in: Services, server: DemoServer) -> None:
    server.wallet = 1
    flow = (await buying(signed_in)).flow()

    await flow.preview()

    assert flow.step is Step.REFUSED and flow.payload["required"]["amount"] == "6875000"


async def test_an_activation_that_an_offering_lacks_falls_back(signed_in: Services) -> None:
    form = await buying(signed_in)
    form.start("FIRST_USE")

    form.choose(form.on_sale()[2])

    assert form.chosen is not None and form.chosen["code"] == "DATA5" and form.activation == "NOW"
    form.show("VOICE")
    assert form.chosen["code"] == "VOICE"


async def test_receipt_addresses_are_checked_and_bounded(signed_in: Services) -> None:
    form = await buying(signed_in)

    assert not form.add_email("no address")
    assert all(form.add_email(f"a{number}@example.org") for number in range(4))
    assert not form.add_email("fifth@example.org")


async def test_the_receipt_follows_the_network_and_is_saved_under_its_own_name(signed_in: Services, server: DemoServer) -> None:
    flow = (await buying(signed_in)).flow()
    await flow.preview()
    await flow.apply()
    receipt = Receipt(signed_in, flow.payload["order"]["id"], flow.payload["order"])
    assert (receipt.done_count, receipt.is_final) == (4, False)

    server.orders[0]["receipt"]["fileName"] = "../../outside.pdf"
    saved = await receipt.download()
    server.finish()
    await receipt.follow()

    assert saved == signed_in.folder / "receipts" / "outside.pdf" and saved.read_bytes().startswith(b"%PDF")
    assert receipt.is_final


async def test_history_shows_purchases_of_one_card(signed_in: Services, server: DemoServer) -> None:
    server.sell()
    everything, one = Purchases(signed_in), Purchases(signed_in, "sim-20")

    await everything.load()
    await one.load()

    assert len(everything.rows) == 3 and len(one.rows) == 1


# ── other writes ──


async def test_blocking_leaves_out_what_is_blocked(signed_in: Services, server: DemoServer) -> None:
    sims = SimList(signed_in)
    await sims.load()
    choice = SimBlock(signed_in, Selection.of(sims.nodes[:3]))
    flow = choice.block()

    await flow.preview()
    assert (flow.plan["changeCount"], flow.plan["exclusionCount"]) == (2, 1)
    assert server.sims[0]["status"] == "ACTIVE"
    assert await flow.apply()

    assert [sim["status"] for sim in server.sims[:3]] == ["BLOCKED"] * 3


async def test_cards_move_from_a_day_on_and_those_already_there_are_left_out(signed_in: Services, server: DemoServer) -> None:
    server.sims[1]["account"] = "account-north"
    sims = SimList(signed_in)
    await sims.load()
    choice = SimMove(signed_in, Selection.of(sims.nodes[:3]))
    choice.account = {"id": "account-north", "name": "Northern fleet"}
    assert [day.isoformat() for day in choice.days()[:2]] == ["2026-11-10T00:00:00+03:30", "2026-11-11T00:00:00+03:30"]
    choice.effective_at = choice.days()[0]

    flow = choice.move()
    await flow.preview()
    assert (flow.plan["changeCount"], [one["label"] for one in flow.plan["exclusions"]]) == (2, ["+989350000418"])
    assert "account" not in server.sims[0]
    assert await flow.apply()

    assert [sim["account"] for sim in server.sims[:3]] == ["account-north"] * 3


async def _editing(services: Services, sim_id: str = "sim-0") -> SimEdit:
    detail = SimDetail(services, sim_id)
    await detail.load()
    assert detail.may("SIM_EDIT")
    return SimEdit(services, Selection.of([detail.sim]), detail.sim)


async def test_an_edit_asks_for_what_differs_and_leaves_the_rest(signed_in: Services, server: DemoServer) -> None:
    choice = await _editing(signed_in)
    assert (choice.number, choice.centre, choice.tags) == ("E-2041", "S-11", ("VIP", "roaming"))
    assert choice.problem == "You haven’t changed anything yet."
    choice.number, choice.centre, choice.added = "E-۳۳۱۰", " ", tags_in("5G، VIP ,  5G;")
    choice.toggle("VIP")
    choice.toggle("roaming")
    choice.toggle("VIP")
    assert choice.problem is None

    flow = choice.edit()
    await flow.preview()
    changes = {one["field"]: (one["before"], one["after"]) for one in flow.plan["changes"]}
    assert changes == {"holder.employeeNumber": ("E-2041", "E-3310"), "costCentre": ("S-11", None), "tags": ("VIP, roaming", "VIP, 5G")}
    assert server.sims[0]["tags"] == ["VIP", "roaming"]
    assert await flow.apply()

    kept = {key: server.sims[0][key] for key in ("holder", "employee", "centre", "tags")}
    assert kept == {"holder": choice.name, "employee": "E-3310", "centre": None, "tags": ["VIP", "5G"]}


async def test_a_holder_goes_as_a_whole_and_a_number_needs_a_name(signed_in: Services, server: DemoServer) -> None:
    choice = await _editing(signed_in)
    choice.name = "  "
    assert choice.problem == "An employee number needs a name."
    choice.number = ""
    assert choice.problem is None

    flow = choice.edit()
    await flow.preview()
    assert await flow.apply()
    again = await _editing(signed_in)

    assert (again.name, again.number, again.centre) == ("", "", "S-11") and again.problem is not None


async def test_an_edit_of_many_changes_what_is_typed_and_no_holder(signed_in: Services, server: DemoServer) -> None:
    sims = SimList(signed_in)
    await sims.load()
    choice = SimEdit(signed_in, Selection.of(sims.nodes[:3]))
    choice.centre = "S-14"
    holders = [sim["holder"] for sim in server.sims[:3]]

    flow = choice.edit()
    await flow.preview()
    assert await flow.apply()

    assert [sim["centre"] for sim in server.sims[:4]] == ["S-14"] * 3 + ["S-11"]
    assert [sim["holder"] for sim in server.sims[:3]] == holders


async def test_an_edit_without_network_waits_and_is_asked_anew(signed_in: Services, server: DemoServer) -> None:
    choice = await _editing(signed_in)
    choice.centre = "S-14"
    flow = choice.edit()
    server.is_offline = True
    waiting = asyncio.create_task(flow.preview())
    await until(lambda: flow.step is Step.WAITING)

    server.is_offline = False
    assert await signed_in.gateway.reach()
    await waiting

    assert flow.step is Step.PLANNED and flow.was_lost and await flow.apply()
    assert server.sims[0]["centre"] == "S-14"


async def test_jobs_one_has_begun_are_listed_newest_first(signed_in: Services, server: DemoServer) -> None:
    jobs = Jobs(signed_in)
    await jobs.load()
    assert jobs.phase is Phase.EMPTY

    for act in ("block", "unblock"):
        flow = getattr(SimBlock(signed_in, Selection({"filter": {}}, 64)), act)()
        await flow.preview()
        await flow.apply()
    await jobs.load()

    assert [job["id"] for job in jobs.jobs] == ["job-1", "job-0"]


async def test_a_ticket_needs_words(signed_in: Services) -> None:
    tickets = Tickets(signed_in)
    await tickets.load()
    assert tickets.phase is Phase.EMPTY

    assert await tickets.open(" ", "text", "MEDIUM") is None
    assert tickets.problem == "Write a subject and a description."
    opened = await tickets.open("Late", "Three hours late", "HIGH")

    assert opened is not None and [ticket["number"] for ticket in tickets.rows] == [opened["number"]]


# ── settings ──


def test_settings_live_in_a_file_and_survive_damage(tmp_path) -> None:
    path = tmp_path / "settings.json"
    Settings(path).put(language="bg", theme="dark")

    assert (Settings(path).language, Settings(path).theme) == ("bg", "dark")
    path.write_text("{")
    assert Settings(path).language == "fa"
    with pytest.raises(KeyError):
        Settings(path).put(colour="red")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("care.example", "https://care.example"),
        (" http://127.0.0.1:8000/ ", "http://127.0.0.1:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("ftp://x", None),
        ("https://", None),
    ],
)
def test_server_addresses(typed: str, address: str | None) -> None:
    assert clean_server(typed) == address


def test_every_failure_has_words() -> None:
    kinds = {
        failures.Offline, failures.SessionEnded, failures.NoRight, failures.NotFound, failures.TooMany, failures.OutOfDate, failures.ServerFault,
    }  # fmt: skip

    assert kinds == set(failures.Failure.__subclasses__())


async def test_a_request_is_about_what_was_open_and_lives_until_it_is_closed(signed_in: Services, server: DemoServer) -> None:
    tickets = Tickets(signed_in)
    opened = await tickets.open("Late", "Three hours late", "HIGH", "sim-0")
    assert opened is not None

    view = TicketView(signed_in, tickets.rows[0])
    await view.load()

    assert view.phase is Phase.READY and view.ticket["about"]["id"] == "sim-0"
    assert [message["text"] for message in view.messages] == ["Three hours late"] and view.messages[0]["by"]["person"]["id"] == view.own_id
    assert not await view.say("  ") and view.problem == "Write a message."
    assert await view.say(" Still late ") and [message["text"] for message in view.messages][1:] == ["Still late"]
    assert view.may_close and await view.close()
    assert not view.may_answer and not view.may_close
    assert not await view.say("One more") and view.problem == "This ticket is closed. Please open a new one."
    assert len(view.messages) == 2


async def test_an_attached_file_is_saved_by_its_name_alone(signed_in: Services, server: DemoServer) -> None:
    server.write_tickets()
    tickets = Tickets(signed_in)
    await tickets.load()
    view = TicketView(signed_in, tickets.rows[0])
    await view.load()

    saved = await view.download({"id": "file-1", "fileName": "../../letter.pdf"})

    assert saved is not None and saved == signed_in.folder / "attachments" / "letter.pdf" and saved.read_bytes().startswith(b"%PDF")


async def test_late_is_what_is_due_and_not_answered(signed_in: Services, server: DemoServer) -> None:
    server.write_tickets()
    tickets = Tickets(signed_in)
    await tickets.load()

    assert [is_late(ticket, NOW) for ticket in tickets.rows] == [False, True, False, False]


async def test_help_is_searched_on_the_device_and_read_by_strangers(services: Services) -> None:
    help_ = Help(services)
    await help_.load()

    assert help_.phase is Phase.READY and not help_.may_write and len(help_.links) == 3
    assert [shelf for shelf, _ in help_.shelves()] == ["Signing in and safety", "SIM cards"]
    help_.look_for("puk  zebra")
    assert help_.shelves() == []
    help_.look_for("60 seconds PUK")
    assert [article["title"] for _, articles in help_.shelves() for article in articles] == ["Where do I get the PUK code?"]
    assert [mark for mark, _ in Article(services, help_.articles[1]).lines()] == ["", "•", "•"]
    assert [mark for mark, _ in Article(services, help_.articles[0]).lines()] == ["1.", "2."]


async def test_outages_are_told_before_signing_in_and_at_home_and_never_stand_in_the_way(signed_in: Services, server: DemoServer) -> None:
    server.has_outage = True
    sign_in, home = SignIn(signed_in), Home(signed_in)
    await sign_in.look_for_outages()
    await home.load()
    assert [one["title"] for one in sign_in.outages] == [one["title"] for one in home.outages] == ["Slow internet in Qom and Kashan"]

    server.denied.add("Incidents")
    await home.load()
    await sign_in.look_for_outages()

    assert home.phase is Phase.READY and home.failure is None
    assert len(home.outages) == len(sign_in.outages) == 1
