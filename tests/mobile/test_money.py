"""View models of money against the in-memory company: every rial is followed from where it is seen to where it came from."""

import asyncio
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from mobile.demo import DemoServer
from mobile.state.approvals import Approvals, BudgetWish, Delegation, is_urgent, passed, used_percent
from mobile.state.bills import Bill, BillLine, BillLines, Bills, standing
from mobile.state.buying import Buying
from mobile.state.comparison import Comparison
from mobile.state.groups import Group, GroupEdit, Groups, Policy, PolicyEdit, last_run
from mobile.state.home import Home
from mobile.state.inbox import Inbox
from mobile.state.loading import Phase
from mobile.state.money import Money
from mobile.state.months import last_months, month_of, months_before, period_of
from mobile.state.payer import Payer
from mobile.state.payments import Payment, TopUp, Transfer, by_gateway, payment_in, rials
from mobile.state.plan_flow import Step
from mobile.state.services import Services
from mobile.state.speech import Speech
from mobile.state.wallet import Movement, Movements, Statement, Wallet


def test_jalali_months_have_their_borders_in_tehran() -> None:
    assert month_of(datetime(2026, 10, 22, 20, 29, tzinfo=UTC)) == "1405-07"
    assert month_of(datetime(2026, 10, 22, 20, 30, tzinfo=UTC)) == "1405-08"
    assert period_of("1405-07") == {"startsAt": "2026-09-23T00:00:00+03:30", "endsAt": "2026-10-23T00:00:00+03:30"}
    assert last_months(datetime(2026, 4, 1, tzinfo=UTC), 3) == ["1405-01", "1404-12", "1404-11"]
    assert months_before("1405-12", -1) == "1406-01"


def test_cycles_keep_their_jalali_names() -> None:
    assert [Speech(language).month("1405-07") for language in ("fa", "en")] == ["مهر ۱۴۰۵", "Mehr 1405"]
    assert Speech("ru").month("1405-07", with_year=False) == "Мехр"


def test_signed_figures_say_plus() -> None:
    assert [Speech("en").signed({"amount": amount}) for amount in ("500000", "-1250000", "0")] == ["+500,000", "−1,250,000", "0"]


async def test_the_wallet_shows_what_can_be_spent_and_every_balance_follows_from_the_last(signed_in: Services) -> None:
    wallet = Wallet(signed_in, Payer(signed_in))

    await wallet.load()

    figures = {name: int(wallet.wallet[name]["amount"]) for name in ("balance", "held", "available")}
    assert figures["balance"] - figures["held"] == figures["available"] == 615_300_000
    balances = [int(row["balanceAfter"]["amount"]) for row in wallet.rows]
    amounts = [int(row["amount"]["amount"]) for row in wallet.rows]
    assert all(later - amount == earlier for later, amount, earlier in zip(balances, amounts, balances[1:], strict=False))


async def test_a_wallet_that_isnt_ones_to_see_says_so(signed_in: Services, server: DemoServer) -> None:
    server.denied.add("wallet")
    wallet = Wallet(signed_in, Payer(signed_in))

    await wallet.load()

    assert wallet.phase is Phase.NO_RIGHT


async def test_movements_are_narrowed_by_reason(signed_in: Services) -> None:
    movements = Movements(signed_in, "account-group")
    await movements.load()
    everything = len(movements.rows)

    await movements.narrow("ORDER")
    assert {row["transfer"]["reason"] for row in movements.rows} == {"ORDER"} and len(movements.rows) < everything
    await movements.narrow("DEPOSIT")
    assert movements.phase is Phase.EMPTY
    await movements.narrow(None)
    assert len(movements.rows) == everything


async def test_a_long_list_grows_page_by_page_to_its_end(signed_in: Services, server: DemoServer) -> None:
    for _ in range(120):
        server.move("FEE", -1_000)
    movements = Movements(signed_in, "account-group")

    await movements.load()
    sizes = [len(movements.rows)]
    while movements.cursor is not None:
        await movements.load_more()
        sizes.append(len(movements.rows))

    assert sizes == [50, 100, len(server.moves)] and len({row["id"] for row in movements.rows}) == len(server.moves)
    await movements.load_more()
    assert len(movements.rows) == len(server.moves)


async def test_each_months_statement_adds_up_and_begins_where_the_last_one_ended(signed_in: Services) -> None:
    statement = Statement(signed_in, "account-group")
    closing: list[int] = []
    for month in reversed(statement.months[:3]):
        await statement.look_at(month)
        opening, end = (int(statement.figures[name]["amount"]) for name in ("opening", "closing"))
        assert statement.adds_up and statement.figures["entryCount"] == len(statement.rows)
        assert not closing or opening == closing[-1]
        closing.append(end)

    assert closing[-1] == 615_300_000


async def test_a_movement_leads_to_its_purchase_and_adds_up_to_zero(signed_in: Services, server: DemoServer) -> None:
    server.sell()
    wallet = Wallet(signed_in, Payer(signed_in))
    await wallet.load()
    bought = next(row for row in wallet.rows if row["transfer"]["cause"])

    movement = Movement(signed_in, bought["transfer"]["id"])
    await movement.load()

    assert sum(int(side["amount"]["amount"]) for side in movement.movement["entries"]) == 0
    assert movement.movement["cause"]["number"] in {order["number"] for order in server.orders}


async def test_a_foreign_movement_isnt_found(signed_in: Services) -> None:
    movement = Movement(signed_in, "transfer-of-others")

    await movement.load()

    assert movement.phase is Phase.ERROR


async def test_another_account_is_looked_at_in_all_tabs_until_the_membership_changes(signed_in: Services, server: DemoServer) -> None:
    money = Money(signed_in)
    await money.load()
    server.asked.clear()

    await money.look_at({"id": "account-sales", "name": "Sales", "paymentMode": "POSTPAID"})

    assert server.asked == ["Wallet"] and money.payer.account["id"] == "account-sales"
    assert signed_in.session.viewer is not None
    signed_in.session.viewer["memberships"][0]["account"]["id"] = "account-elsewhere"
    assert money.payer.account["id"] == "account-elsewhere"


async def test_tabs_ask_again_only_for_what_was_looked_at(signed_in: Services, server: DemoServer) -> None:
    money = Money(signed_in)
    await money.load()
    server.asked.clear()
    await money.load()
    assert server.asked == ["Wallet"]

    money.show("purchases")
    await money.load()
    assert server.asked == ["Wallet", "Wallet", "PurchaseHistory"]


# ── money on its way ──


@pytest.mark.parametrize(
    ("typed", "figure"),
    [("۲۵۰٬۰۰۰٬۰۰۰", 250_000_000), ("250,000 000", 250_000_000), ("12", 12), ("", None), ("0", None), ("-5", None), ("1.5e3", None), ("۱۲ تومان", None)],
)
def test_rials_are_read_with_any_digits_and_separators(typed: str, figure: int | None) -> None:
    assert rials(typed) == figure


def test_only_the_servers_own_link_names_a_payment() -> None:
    assert payment_in("simurgh://payment/UGF5bWVudDox") == "UGF5bWVudDox"
    assert [payment_in(link) for link in ("simurgh://payment/", "simurgh://sim/1", "https://care.example/payment/1")] == [None] * 3


async def _wallet(services: Services) -> dict[str, Any]:
    wallet = Wallet(services, Payer(services))
    await wallet.load()
    return wallet.wallet


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other without a pause."""
    monkeypatch.setattr("mobile.state.payments.FIRST_PAUSE_SECONDS", 0.0)


@pytest.mark.parametrize(("gateway", "outcome", "moved"), [("SETTLED", "SETTLED", 250_000_000), ("FAILED", "FAILED", 0)])
async def test_a_top_up_is_looked_at_until_the_bank_has_answered(
    signed_in: Services, server: DemoServer, at_once: None, gateway: str, outcome: str, moved: int
) -> None:
    server.gateway, before = gateway, server.wallet
    choice = TopUp(signed_in, await _wallet(signed_in))
    choice.amount = "۲۵۰,۰۰۰,۰۰۰"
    flow = choice.flow()

    await flow.preview()
    assert flow.step is Step.PLANNED and server.wallet == before and not any(one["state"] == "CREATED" for one in server.payments.values())
    assert await flow.apply()
    begun = flow.payload["payment"]
    assert begun["redirectUrl"] and server.wallet == before

    payment = Payment(signed_in, begun["id"])
    await payment.follow()

    assert payment.outcome == outcome and payment.is_final and server.wallet == before + moved
    assert bool(payment.payment["failure"]) is (outcome == "FAILED") and bool(payment.payment["transfer"]) is (outcome == "SETTLED")


async def test_a_payment_that_the_bank_is_slow_with_stays_in_sight(signed_in: Services, server: DemoServer, at_once: None) -> None:
    server.gateway, server.looks_until_paid = "VERIFYING", 2
    payment = Payment(signed_in, server.pay_in("GATEWAY", 1_000_000)["id"])
    watching = asyncio.create_task(payment.follow())
    while server.asked.count("Payment") < 5:  # noqa: ASYNC110 - what is waited for tells nobody
        await asyncio.sleep(0)
    assert payment.outcome == "VERIFYING"

    server.gateway = "SETTLED"
    await asyncio.wait_for(watching, 5)

    assert payment.outcome == "SETTLED"
    wallet = await _wallet(signed_in)
    assert wallet["payments"]["edges"] == []


async def test_what_isnt_finished_stands_on_the_wallet(signed_in: Services, server: DemoServer) -> None:
    waiting = server.pay_in("BANK_SLIP", 7_000_000)
    wallet = Wallet(signed_in, Payer(signed_in))

    await wallet.load()

    assert [one["id"] for one in wallet.unfinished] == [waiting["id"]]
    paper = Payment(signed_in, waiting["id"])
    await paper.load()
    assert paper.outcome == "PAPER"


async def test_each_way_to_top_up_asks_for_what_it_needs(signed_in: Services) -> None:
    wallet = await _wallet(signed_in)
    wanted = {"GATEWAY": "amount", "VOUCHER": "code", "BANK_SLIP": "amount", "CHEQUE": "amount"}
    for way, field in wanted.items():
        choice = TopUp(signed_in, wallet, way)
        assert choice.problem is not None and choice.problem[0] == field
        choice.amount, choice.code = "5000", "1"
        assert (choice.problem is None) is (way in ("GATEWAY", "VOUCHER"))
        choice.reference = "۸۸۱۲"
        assert choice.problem is None
    assert choice.flow()._content["method"] == {"offline": {"isCheque": True, "reference": "8812", "paidOn": "2026-11-09"}}
    assert by_gateway(signed_in) == {"gatewayReturnUrl": "https://care.example/payments/returned"}


async def test_a_voucher_is_used_once_and_a_wrong_one_is_said_to_be_wrong(signed_in: Services, server: DemoServer) -> None:
    choice = TopUp(signed_in, await _wallet(signed_in), "VOUCHER")
    choice.code = "۴۸۲۱ ۰۳۷۷ ۶۲۹۰ ۱۵"
    good = choice.flow()
    await good.preview()
    assert await good.apply() and good.payload["payment"]["state"] == "SETTLED" and server.wallet == 620_300_000

    choice.code = "1234"
    bad = choice.flow()
    await bad.preview()
    assert bad.step is Step.REFUSED and bad.problem == "This code isn’t right, or it was used before."


async def test_money_is_moved_to_an_account_whose_wallet_is_seen(signed_in: Services, server: DemoServer) -> None:
    transfer = Transfer(signed_in, await _wallet(signed_in), {"id": "account-group"})
    assert await transfer.choose({"id": "account-group", "name": "Nikazin"}) == "That is this account."
    assert await transfer.choose({"id": "account-qom", "name": "Qom"}) is None
    assert transfer.problem is not None
    transfer.amount = "40,000,000"
    assert transfer.problem is None

    flow = transfer.flow()
    await flow.preview()
    assert [change["field"] for change in flow.plan["changes"]] == ["wallet.balance", "wallet.balance", "fee"]
    assert await flow.apply() and server.wallet == 615_300_000 - 40_015_000
    movement = Movement(signed_in, flow.payload["transfer"]["id"])
    await movement.load()
    assert movement.movement["reason"] == "TRANSFER"


async def test_one_payment_is_followed_to_its_movement_and_its_balance(signed_in: Services, server: DemoServer) -> None:
    """Payment → transfer → balance, and back from the movement to the payment."""
    paid = server.pay_in("VOUCHER", 5_000_000)
    payment = Payment(signed_in, paid["id"])
    await payment.load()
    movement = Movement(signed_in, payment.payment["transfer"]["id"])
    await movement.load()

    own = next(side for side in movement.movement["entries"] if side["wallet"])
    assert own["amount"]["amount"] == "5000000" and own["balanceAfter"]["amount"] == str(server.wallet)
    assert movement.movement["cause"]["id"] == paid["id"]


async def test_a_bills_payment_leads_to_its_bill(signed_in: Services, server: DemoServer) -> None:
    movement = Movement(signed_in, next(one["id"] for one in server.moves if one["reason"] == "BILL"))
    await movement.load()

    bill = Bill(signed_in, movement.movement["cause"]["id"])
    await bill.load()

    assert bill.bill["month"] == movement.movement["cause"]["month"] == "1405-03"


# ── bills ──


async def _bills(services: Services) -> Bills:
    bills = Bills(services, Payer(services))
    await bills.load()
    return bills


async def test_six_bills_each_say_where_they_stand(signed_in: Services) -> None:
    bills = await _bills(signed_in)

    assert [standing(bill) for bill in bills.bills] == ["SENT", "OVERDUE", "SETTLED", "DISPUTED", "SETTLED", "SETTLED"]
    assert int(bills.due["amount"]) == sum(int(bill["total"]["gross"]["amount"]) for bill in bills.bills[:2])
    assert [one["month"] for one in bills.comparable][:2] == ["1405-08", "1405-07"]


async def test_a_prepaid_account_has_no_bills(signed_in: Services, server: DemoServer) -> None:
    server.is_postpaid = False

    assert (await _bills(signed_in)).phase is Phase.EMPTY


async def test_one_rial_of_a_bill_is_followed_to_its_usage_records(signed_in: Services) -> None:
    """Bill → lines → records: each level adds up to the one above, to the rial."""
    bills = await _bills(signed_in)
    bill = Bill(signed_in, bills.bills[0]["id"], bills.comparable)
    await bill.load()
    total = int(bill.bill["total"]["gross"]["amount"])
    assert total == sum(int(part["total"]["gross"]["amount"]) for part in bill.bill["summary"])
    assert bill.before is not None and bill.before["month"] == "1405-06" and bill.is_due and bill.credits is not None

    lines = BillLines(signed_in, bill.bill_id)
    await lines.load()
    while lines.cursor is not None:
        await lines.load_more()
    assert len(lines.rows) == lines.count and sum(int(row["price"]["gross"]["amount"]) for row in lines.rows) == total

    used = [row for row in lines.rows if row["kind"] == "USAGE" and int(row["price"]["net"]["amount"])]
    for row in used[:6]:
        line = BillLine(signed_in, row["id"])
        await line.load()
        assert line.adds_up and line.charged == int(row["price"]["net"]["amount"])
    fee = BillLine(signed_in, next(row["id"] for row in lines.rows if row["kind"] == "SUBSCRIPTION"))
    await fee.load()
    assert fee.phase is Phase.READY and fee.rows == [] and not fee.adds_up


async def test_any_two_bills_differ_by_causes_that_sum_to_the_difference(signed_in: Services) -> None:
    bills = await _bills(signed_in)
    for bill in bills.comparable[:4]:
        for other in bills.comparable[2:5]:
            if bill["id"] == other["id"]:
                continue
            comparison = Comparison(signed_in, bill["id"], other["id"], bills.comparable)
            await comparison.load()
            assert comparison.adds_up
            steps = comparison.steps()
            assert all(0 <= share <= 1 for step in steps for share in (step.start, step.end))
            assert all(abs(after.start - before.end) < 1e-9 for before, after in itertools.pairwise(steps))


async def test_choosing_the_other_bill_turns_the_pair_round(signed_in: Services) -> None:
    comparison = Comparison(signed_in, "bill-1405-07", "bill-1405-06")
    await comparison.load()
    there = comparison.difference

    await comparison.compare(bill_id="bill-1405-06")

    assert (comparison.bill_id, comparison.with_id) == ("bill-1405-06", "bill-1405-07") and comparison.difference == -there
    comparison.comparison["causes"][0]["amount"]["amount"] = "1"
    assert not comparison.adds_up


async def test_a_bill_is_paid_from_the_wallet_once(signed_in: Services, server: DemoServer) -> None:
    bill = Bill(signed_in, "bill-1405-07")
    await bill.load()
    due = int(bill.bill["amountDue"]["amount"])
    flow = bill.pay({"walletId": "wallet-1"})
    await flow.preview()
    assert await flow.apply()
    again = dict(flow._content | flow._key | {"mode": "APPLY", "planToken": None})
    await signed_in.gateway.mutate("BillPay", {"input": again})

    await bill.load()
    assert not bill.is_due and standing(bill.bill) == "SETTLED" and server.wallet == 615_300_000 - due


async def test_marked_lines_are_disputed_with_a_reason(signed_in: Services, server: DemoServer) -> None:
    lines = BillLines(signed_in, "bill-1405-07", is_marking=True)
    await lines.load()
    for row in lines.rows[:3]:
        assert lines.mark(row)
    lines.mark(lines.rows[1])
    wanted = [lines.rows[0], lines.rows[2]]
    assert int(lines.marked_sum["amount"]) == sum(int(row["price"]["gross"]["amount"]) for row in wanted)

    flow = lines.dispute(" Not ours ")
    await flow.preview()
    assert server.disputes.get("1405-07") is None
    assert await flow.apply()

    made = server.disputes["1405-07"][0]
    assert made["reason"] == "Not ours" and [line["id"] for line in made["lines"]] == [row["id"] for row in wanted]
    bill = Bill(signed_in, "bill-1405-07")
    await bill.load()
    assert standing(bill.bill) == "DISPUTED"


async def test_a_bill_is_taken_along_as_a_file(signed_in: Services) -> None:
    bill = Bill(signed_in, "bill-1405-07")
    await bill.load()

    saved = await bill.papers.save(bill.bill["documents"][0] | {"fileName": "../../B-1405-07.pdf"})

    assert saved is not None and saved.name == "B-1405-07.pdf" and saved.parent == signed_in.folder / "bills" and saved.read_bytes()[:4] == b"%PDF"


# ── groups ──


async def test_groups_say_what_their_automatic_payments_did(signed_in: Services) -> None:
    groups = Groups(signed_in)

    await groups.load()

    assert groups.count == 4 and groups.running is None
    failed = [last_run(policy) for group in groups.rows for policy in group["policies"] if (last_run(policy) or {}).get("failure")]
    assert len(failed) == 1


async def test_a_group_is_made_of_numbers_that_are_known_only(signed_in: Services, server: DemoServer) -> None:
    edit = GroupEdit(signed_in, "account-group")
    assert edit.problem is not None and edit.problem[0] == "name"
    edit.name, edit.manager_name = "Northern", "Kaveh"
    assert edit.problem is not None and edit.problem[0] == "manager_mobile"
    edit.manager_mobile, edit.numbers = "۰۹۳۵۰۰۰۰۴۱۸", "0935 000 0412، 0935 000 0418\n09990000000"
    assert edit.problem is None

    assert await edit.find() == ["09990000000"] and [sim["id"] for sim in edit.sims] == ["sim-0", "sim-1"]
    flow = edit.flow()
    await flow.preview()
    assert "group-Northern" not in server.groups
    assert await flow.apply()
    made = server.groups["group-Northern"]
    assert made["cards"] == [0, 1] and made["manager"] == "Kaveh" and flow._content["manager"]["mobile"] == "+989350000418"


async def test_only_what_differs_of_a_group_is_sent_and_cards_can_be_taken_out(signed_in: Services, server: DemoServer) -> None:
    group = Group(signed_in, "group-branches")
    await group.load()
    assert group.total == 9
    edit = GroupEdit(signed_in, group=group.group)
    edit.name = "Branches"
    assert set(edit.flow()._content) == {"groupId", "errorPolicy", "name"}

    flow = group.remove(["sim-3"])
    await flow.preview()
    await flow.apply()
    await group.load()
    assert group.total == 8 and 3 not in server.groups["group-branches"]["cards"]


async def test_a_group_purchase_names_the_group_and_leads_to_its_job(signed_in: Services, server: DemoServer) -> None:
    buying = Buying(signed_in, [], {"id": "group-drivers", "name": "Drivers", "total": 48})
    await buying.load()
    assert buying.count == 48 and int(buying.estimate["amount"]) == 48 * 1_375_000

    flow = buying.flow()
    await flow.preview()
    assert flow._content["lines"][0]["sims"] == {"groupId": "group-drivers"} and await flow.apply()
    job = flow.payload["order"]["job"]
    groups = Groups(signed_in)
    await groups.load()
    assert groups.running is not None and groups.running["id"] == job["id"] and groups.running["total"] == 48


async def test_an_automatic_payment_is_asked_for_in_the_contracts_shape(signed_in: Services, server: DemoServer) -> None:
    edit = PolicyEdit(signed_in, "wallet-1", group_id="group-heads")
    assert edit.problem is not None and edit.problem[0] == "trigger"
    edit.unit, edit.trigger, edit.amount = "BYTE", "۵۰۰", "1,000,000"
    assert edit.problem is None
    assert edit.flow()._content["rule"] == {
        "autoTopUp": {"triggerBelow": {"amount": str(500 * 1024**2), "unit": "BYTE"}, "amount": {"amount": "1000000", "currency": "IRR"}}
    }
    edit.kind, edit.day = "AutoPayRule", "30"
    assert edit.problem is not None and edit.problem[0] == "day"
    edit.day, edit.threshold = "", ""
    assert edit.problem is not None
    edit.day, edit.is_current = "10", True
    flow = edit.flow()
    assert flow._content["rule"] == {"autoPay": {"isCurrentCycle": True, "dayOfMonth": 10, "threshold": None}}
    await flow.preview()
    await flow.apply()

    saved = Policy(signed_in, flow.payload["policy"]["id"])
    await saved.load()
    assert saved.policy["rule"]["dayOfMonth"] == 10 and saved.rows == []
    again = PolicyEdit(signed_in, "wallet-1", policy=saved.policy)
    assert (again.kind, again.day, again.is_current) == ("AutoPayRule", "10", True)
    gone = saved.delete()
    await gone.preview()
    assert await gone.apply() and saved.policy_id not in server.policies


async def test_a_run_leads_to_the_movement_it_made(signed_in: Services) -> None:
    policy = Policy(signed_in, "policy-0")
    await policy.load()
    movement = Movement(signed_in, policy.rows[0]["transfer"]["id"])

    await movement.load()

    assert movement.movement["entries"][0]["amount"]["amount"] == "-500000"


# ── approvals ──


async def test_approvals_are_answered_once_and_only_then_happen(signed_in: Services, server: DemoServer) -> None:
    server.ask_for_approvals()
    inbox = Inbox(signed_in)
    await inbox.load()
    approvals = inbox.model
    assert isinstance(approvals, Approvals) and inbox.waiting("approvals") == 2
    assert [is_urgent(one, signed_in.now()) for one in approvals.rows] == [False, True]

    flow = approvals.decide(approvals.rows[0], is_granted=True, note=" fine ")
    await flow.preview()
    assert len(server.approvals) == 2 and flow.plan["changeCount"] == 60
    assert await flow.apply() and flow._content["note"] == "fine"
    refusal = approvals.decide(approvals.rows[1], is_granted=False)
    await refusal.preview()
    assert await refusal.apply()

    await inbox.load()
    assert approvals.phase is Phase.EMPTY and inbox.waiting("approvals") == 0


async def test_home_says_what_waits(signed_in: Services, server: DemoServer) -> None:
    server.ask_for_approvals()
    home = Home(signed_in)

    await home.load()

    assert len(home.approvals) == 2 and signed_in.session.waiting == 2
    assert home.unpaid_bill is not None and home.unpaid_bill["month"] == "1405-07"


async def test_a_purchase_above_ones_limit_says_whose_approval_it_needs(signed_in: Services, server: DemoServer) -> None:
    server.limit = 1_000_000
    buying = Buying(signed_in, [{"id": "sim-0"}])
    await buying.load()
    flow = buying.flow()

    await flow.preview()
    assert [person["name"] for need in flow.plan["approvals"] for person in need["approvers"]] == ["Maryam Rastgar"]
    await flow.apply()
    assert flow.payload["order"]["state"] == "HELD"


def test_a_budget_says_how_much_of_it_is_used_and_which_mark_it_passed() -> None:
    def budget(limit: int, spent: int, committed: int) -> dict[str, Any]:
        figures = {"limit": limit, "spent": spent, "committed": committed}
        return {name: {"amount": str(amount)} for name, amount in figures.items()} | {"thresholds": [75, 90, 100]}

    seen = [(used_percent(one), passed(one)) for one in (budget(100, 60, 14), budget(100, 60, 32), budget(100, 90, 30), budget(0, 0, 0))]
    assert seen == [(74, None), (92, 90), (120, 100), (100, 100)]


async def test_budgets_are_set_and_approvals_handed_over_until_a_day(signed_in: Services, server: DemoServer) -> None:
    wish = BudgetWish(signed_in, {"id": "account-sales", "name": "Sales"}, "۳۰۰٬۰۰۰٬۰۰۰")
    flow = wish.flow()
    await flow.preview()
    assert server.budgets["sales"][0] == 240_000_000 and await flow.apply() and server.budgets["sales"][0] == 300_000_000
    assert flow._content["month"] == "1405-08" and BudgetWish(signed_in, {"id": "x"}, "much").problem is not None

    away = Delegation(signed_in)
    await away.people.load()
    away.to, away.days = away.candidates()[0], 3
    assert "person-manager" not in {person["id"] for person in away.candidates()}
    handed = away.flow()
    await handed.preview()
    assert await handed.apply() and handed._content["validFor"]["endsAt"] == "2026-11-13T00:00:00+03:30"
