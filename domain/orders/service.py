"""Buying: the whole story of an order from the request to the work that follows it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import insert
from sqlmodel import col, select

from domain.accounts.service import account_for_write, next_number
from domain.accounts.tables import Account
from domain.approvals.asking import Request, ask
from domain.approvals.rules import shares as cost_shares
from domain.approvals.spending import Claim, spend
from domain.audit.writing import Result, Work
from domain.bundles.queries import same_products
from domain.catalogue import queries as catalogue
from domain.catalogue.queries import in_language
from domain.catalogue.tables import ActivationMode, Offering
from domain.jobs.deeds import Decision, Target
from domain.kernel.calendar import JalaliDay
from domain.kernel.errors import InvalidInput, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref, encode, uuid7
from domain.kernel.locale import Locale
from domain.kernel.money import Price
from domain.kernel.plan import BulkErrorPolicy
from domain.kernel.scope import ActorRef
from domain.orders import queries, rules
from domain.orders.queries import CardRow
from domain.orders.rules import Line
from domain.orders.tables import Order, OrderItem, OrderState, OrderStep
from domain.people.tables import Person
from domain.wallet.service import hold_for, pay_for_items
from store.outbox import Letter
from store.upsert import insert_or_ignore

PROVISION = "provision"
RECEIPT = "receipt"
RECEIPT_MAIL = "receipt_mail"


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """What to buy for whom, who pays, and what goes on the receipt."""

    account_id: UUID
    lines: Sequence[Line]
    locale: Locale
    receipt_emails: Sequence[str] = ()
    purchase_order_number: str | None = None
    external_reference: str | None = None
    memo: str | None = None
    policy: BulkErrorPolicy = BulkErrorPolicy.REJECT_ALL


@dataclass(frozen=True, slots=True)
class Sale:
    """One target that is sold something."""

    id: UUID
    line: Line
    offering: Offering
    card: CardRow
    price: Price
    position: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all rows of an order: who pays, what is sold, the tax; `nets` are prices agreed before, by offering."""

    account: Account
    offerings: Mapping[UUID, Offering]
    vat_rate: Decimal
    locale: Locale
    nets: Mapping[UUID, int] = field(default_factory=dict)


async def place(work: Work, request: PlaceOrder) -> Result:
    """Sells offerings to lines from an account's wallet; returns `order`. The network and the receipt follow after commit.

    What somebody has to approve first is held: the money, and the budgets that allow it; nothing goes to the network until then.
    Raises `InvalidInput`, `NotFound`, `NotEligible`, `OfferingUnavailable`, `AlreadyExists`, `RowsRejected`, `InsufficientFunds`,
    `BudgetExceeded`.
    """
    rules.check_lines(request.lines)
    rules.check_words(request.memo, request.purchase_order_number, request.external_reference)
    account = await paying_account(work, request.account_id)
    offerings = await on_sale(work, request.lines)
    emails = rules.addresses(await email_of_buyer(work), request.receipt_emails)
    vat_rate = await catalogue.vat_rate(work.sql, work.at)
    wanted = [(line, id) for line in request.lines for id in dict.fromkeys(line.sim_ids)]
    rows = [(Target(place, encode(Kind.SIM, id), id), line) for place, (line, id) in enumerate(wanted, 1)]
    decision = await decide(work, Terms(account, offerings, vat_rate, request.locale), rows)
    work.exclusions += decision.left_out.values()
    work.settle_exclusions(request.policy)
    sales: list[Sale] = decision.acts
    if not sales:
        return {}
    order_id, group_id = uuid7(), await group_bought_for(work, account, {sale.card.id for sale in sales})
    total, cause = rules.total([sale.price for sale in sales], vat_rate), Ref(Kind.ORDER, order_id)
    work.total = total
    by_centre = cost_shares((sale.card.cost_centre_id, sale.price.gross.minor) for sale in sales)
    asked = await spend(work, claim(work, account, cause, total, by_centre))
    hold_id, paid = None, dict[UUID, UUID]()
    if asked:
        hold_id = await hold_for(work, account=account, amount=total.gross, cause=cause)
    else:
        paid |= await pay_for_items(work, account=account, items=[(sale.id, sale.price) for sale in sales], cause=cause)
    state = OrderState.HELD if asked else OrderState.ACKNOWLEDGED
    await open_order(work, request, account, order_id, total, emails, state, group_id=group_id)
    letters = [] if asked else [receipt_letter(order_id, work.at)]
    await put_in(work, account.organization_id, order_id, sales, paid, state, letters)
    if asked:
        due_at = min((sale.line.activate_at for sale in sales if sale.line.activate_at), default=None)
        await ask(work, Request(cause, account.organization_id, account.id, account.path, total.gross.minor, hold_id, due_at), asked)
    return {"order": order_id}


async def open_order(
    work: Work, request: PlaceOrder, account: Account, order_id: UUID, total: Price, emails: Sequence[str], state: OrderState,
    **filling: Any,
) -> str:  # fmt: skip
    """Takes an order down, as yet without items, and returns its number; `filling` says how it is filled if a job does it."""
    year = JalaliDay.of(work.at).year
    number = await next_number(work.sql, account.organization_id, f"SO-{year}")
    order = {
        "id": order_id, "organization_id": account.organization_id, "account_id": account.id, "path": account.path,
        "number": f"SO-{year}-{number:06}", "external_reference": request.external_reference, "state": state,
        "by": work.scope.actor.as_json(), "placed_by_id": work.scope.actor.person_id, "placed_at": work.at, "net": total.net.minor,
        "vat": total.vat.minor, "vat_rate": total.vat_rate, "refunded": 0, "purchase_order_number": request.purchase_order_number,
        "memo": request.memo, "receipt_emails": emails, "locale": request.locale, "is_filling": False, "unsold": 0, "group_id": None,
        **filling,
    }  # fmt: skip
    if not await insert_or_ignore(work.sql, Order, [order]):
        raise rules.already_used(request.external_reference or "")
    work.sql.add(OrderStep(**step(account.organization_id, order_id, state, work.at, work.scope.actor)))
    work.within(account.organization_id, account.path, order_id)
    return str(order["number"])


async def put_in(
    work: Work, organization_id: UUID, order_id: UUID, sales: Sequence[Sale], paid: Mapping[UUID, UUID],
    state: OrderState = OrderState.ACKNOWLEDGED, letters: Sequence[Letter] = (),
) -> None:  # fmt: skip
    """Puts items into an order; the network is told of each after commit, unless they are held, and `letters` are sent."""
    await work.sql.execute(insert(OrderItem), [_item(organization_id, order_id, sale, paid, state) for sale in sales])
    if state is OrderState.ACKNOWLEDGED:
        await work.afterwards_each([*letters, *(provision_letter(sale.id, sale.card.id, work.at) for sale in sales)])


def claim(work: Work, account: Account, cause: Ref, total: Price, by_centre: Mapping[UUID, int]) -> Claim:
    """What it takes of budgets: of the account's and of those above it the whole, of a cost centre's what its lines get."""
    return Claim(account.organization_id, account.path, cause, total.gross.minor, by_centre, work.scope.actor)


async def send_receipt(work: Work, order_id: UUID, emails: Sequence[str]) -> Result:
    """Mails the receipt of an order in scope to 1–5 addresses; returns `order`. Raises `NotFound`, `InvalidInput`."""
    order = await queries.order_for_update(work.sql, work.scope, order_id)
    if order is None:
        raise NotFound(field=("orderId",))
    work.within(order.organization_id, order.path, order.id)
    wanted = rules.addresses(None, emails)
    if not wanted:
        raise InvalidInput("orders.emails", field=("emails",), most=rules.MOST_EMAILS)
    for email in wanted:
        work.changed(Ref(Kind.ORDER, order.id), order.number, "receipt", None, email)
    await work.afterwards_each([mail_letter(order.id, email, uuid7(), work.at) for email in wanted])
    return {"order": order.id}


async def paying_account(work: Work, account_id: UUID) -> Account:
    """The account that pays: in scope, or that of a group in scope, for its cards alone; raises `NotFound`."""
    account = await account_for_write(work.sql, account_id)
    if account is None:
        raise NotFound(field=("accountId",))
    paying = work.scope.paid_by(account.organization_id, account.path)
    if not paying.reach and not paying.groups:
        raise NotFound(field=("accountId",))
    work.within(account.organization_id, account.path)
    return account


async def group_bought_for(work: Work, account: Account, sim_ids: Collection[UUID]) -> UUID | None:
    """The group that its manager buys for: the one of the account that has all of the cards; null for who covers the account.

    Raises `NotEligible` for cards of several.
    """
    scope = work.scope.paid_by(account.organization_id, account.path)
    if scope.reach:
        return None
    ids = [group.group_id for group in scope.groups]
    if len(ids) > 1:
        ids = await queries.groups_of_all(work.sql, account.organization_id, ids, sim_ids)
    if not ids:
        raise NotEligible("orders.one_group", field=("lines",))
    return ids[0]


async def on_sale(work: Work, lines: Sequence[Line]) -> Mapping[UUID, Offering]:
    """The offerings of all lines, each on sale and allowed to start as asked."""
    found: dict[UUID, Offering] = {}
    for place, line in enumerate(lines):
        if line.offering_id not in found:
            found[line.offering_id] = await catalogue.offering_on_sale(work.sql, line.offering_id, work.at)
        rules.check_start(line, place, found[line.offering_id].activations, at=work.at)
    return found


async def email_of_buyer(work: Work) -> str | None:
    """Where the buyer reads mail, if anywhere."""
    person_id = work.scope.actor.person_id
    return (await work.sql.scalars(select(Person.email).where(col(Person.id) == person_id))).one_or_none() if person_id else None


async def decide(work: Work, terms: Terms, rows: Sequence[tuple[Target, Line]]) -> Decision:
    """Decides row by row in the order asked, into sales; what is on the way already counts, earlier rows too."""
    account = terms.account
    wanted = sorted({target.subject_id for target, _ in rows if target.subject_id is not None})
    scope = work.scope.paid_by(account.organization_id, account.path)
    cards = await queries.cards_for_update(work.sql, scope, account.organization_id, wanted, locks=not work.is_looking)
    on_line = await same_products(work.sql, wanted, list(terms.offerings), at=work.at)
    on_the_way = await queries.unfinished_items(work.sql, account.organization_id, wanted)
    taken: Counter[tuple[UUID, UUID]] = Counter(on_line) + Counter(on_the_way)
    decision = Decision()
    for target, line in rows:
        offering, card = terms.offerings[line.offering_id], cards.get(target.subject_id) if target.subject_id else None
        if card is None:
            decision.leave_out(target, NotFound(field=("lines",)))
            continue
        facts = rules.Card(card.status, card.payment_mode, card.msisdn is not None, taken[card.id, offering.id])
        refusal = rules.refusal(facts, line.activation, payment_modes=offering.payment_modes, max_queued=offering.max_queued)
        if refusal is not None:
            decision.leave_out(target, refusal, subject=Ref(Kind.SIM, card.id), label=card.label)
            continue
        taken[card.id, offering.id] += 1
        net = terms.nets.get(offering.id, offering.net_price)
        sale = Sale(uuid7(), line, offering, card, rules.price(net, terms.vat_rate), target.index - 1)
        work.within(account.organization_id, card.path)
        work.changed(Ref(Kind.SIM, card.id), card.label, "products", None, _bought(sale, terms.locale), money=sale.price.gross)
        decision.acts.append(sale)
    return decision


def _bought(sale: Sale, locale: Locale) -> str:
    """What a plan shows: the offering's name, with the start unless it is now."""
    name, line = in_language(sale.offering.names, locale), sale.line
    if line.activation is ActivationMode.NOW:
        return name
    return f"{name} ({line.activate_at.isoformat() if line.activate_at else line.activation})"


def _item(organization_id: UUID, order_id: UUID, sale: Sale, paid: Mapping[UUID, UUID], state: OrderState) -> dict[str, Any]:
    return {
        "id": sale.id, "organization_id": organization_id, "order_id": order_id, "position": sale.position,
        "offering_id": sale.offering.id, "sim_id": sale.card.id, "cost_centre_id": sale.card.cost_centre_id, "state": state,
        "activation": sale.line.activation, "activate_at": sale.line.activate_at, "is_renewing": sale.line.is_renewing,
        "net": sale.price.net.minor,
        "vat": sale.price.vat.minor, "vat_rate": sale.price.vat_rate, "transfer_id": paid.get(sale.id),
    }  # fmt: skip


def step(organization_id: UUID, order_id: UUID, state: OrderState, at: datetime, by: ActorRef) -> dict[str, Any]:
    """A step in an order's timeline."""
    return {"id": uuid7(), "organization_id": organization_id, "order_id": order_id, "state": state, "at": at, "by": by.as_json()}


def provision_letter(item_id: UUID, sim_id: UUID, at: datetime) -> Letter:
    """The work of having an item delivered, one after the other for each line."""
    return Letter(PROVISION, {"item": item_id.hex}, f"sim:{sim_id}", at, f"{PROVISION}:{item_id}")


def receipt_letter(order_id: UUID, at: datetime) -> Letter:
    """The work of making an order's receipt, once."""
    return Letter(RECEIPT, {"order": order_id.hex}, f"order:{order_id}", at, f"{RECEIPT}:{order_id}")


def mail_letter(order_id: UUID, email: str, mail_id: UUID, at: datetime) -> Letter:
    """The work of mailing a receipt to one address, under a subject of its own so that one dead address holds up no other."""
    return Letter(RECEIPT_MAIL, {"order": order_id.hex, "to": email, "mail": mail_id.hex}, f"mail:{mail_id}", at, f"mail:{mail_id}")


def first_mail_id(order_id: UUID, email: str) -> UUID:
    """The id of the mail that brings an order's receipt to an address the first time: the same however often it is asked."""
    return uuid5(order_id, email)
