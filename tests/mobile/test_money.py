"""View models of money against the in-memory company: every rial is followed from where it is seen to where it came from."""

from datetime import UTC, datetime

from mobile.demo import DemoServer
from mobile.state.loading import Phase
from mobile.state.money import Money
from mobile.state.months import last_months, month_of, months_before, period_of
from mobile.state.payer import Payer
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

    assert sizes == [50, 100, 130] and len({row["id"] for row in movements.rows}) == 130
    await movements.load_more()
    assert len(movements.rows) == 130


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
