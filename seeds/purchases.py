"""A company's buying: top-ups, orders with their items, products and buckets, refunds; the books are kept by the ledger itself."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account, NumberSeries
from domain.audit.chain import Deed, append_all
from domain.bundles import rules as bundles
from domain.bundles.service import TURN
from domain.bundles.tables import BucketStatus, Product, ProductStatus
from domain.catalogue.tables import ActivationMode, Offering
from domain.kernel.calendar import TEHRAN, JalaliDay, in_tehran
from domain.kernel.errors import ErrorCode
from domain.kernel.ids import Kind, Ref
from domain.kernel.locale import Locale
from domain.kernel.money import Money, Price, taxed
from domain.kernel.plan import Change, Reason
from domain.kernel.quantity import FigureSource
from domain.kernel.scope import SYSTEM, ActorRef, path_end
from domain.orders.service import receipt_letter
from domain.orders.tables import Order, OrderItem, OrderState, OrderStep
from domain.sims.states import SimStatus
from domain.wallet.ledger import Posting, post
from domain.wallet.purses import HOUSE, made
from domain.wallet.rules import Leg, movement, reversal, sale
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason
from seeds.companies import Habits
from seeds.dice import Dice, id_at
from seeds.lines import Line
from seeds.payments import Takings
from store.outbox import Letter, send_all
from store.session import Session
from store.upsert import insert_all, insert_or_ignore

K, S = LedgerAccountKind, OrderState
WEEKEND = 4  # Friday
TOP_UPS = (100_000_000, 250_000_000, 500_000_000)
AT_ONCE = 2_000
"""Items drawn before they are written."""
RECEIPTS_SINCE, MOST_RECEIPTS = timedelta(days=15), 200
"""Receipts are made for what the history shows at first; older ones only cost the worker time."""
BETWEEN_RECEIPTS = timedelta(seconds=3)
"""So that the first codes to sign in with needn't wait behind receipts."""
LOOKED_AT = 12
MEMOS = ("", "", "", "برای تیم میدانی", "تمدید ماهانه", "Trade fair", "نوبت شب")


@dataclass(frozen=True, slots=True)
class Payer:
    """An account that buys for the lines below it, and who does it."""

    account: Account
    wallet_id: UUID
    buyer: ActorRef
    locale: Locale


@dataclass(slots=True)
class Granted:
    """A bucket while its traffic is drawn; lighter than its table's row."""

    id: UUID
    organization_id: UUID
    sim_id: UUID
    product_id: UUID
    offering_id: UUID
    usage_type: str
    status: str
    total: int
    remaining: int
    starts_at: datetime
    ends_at: datetime | None
    is_restricted: bool
    priority: int = 0

    def row(self, at: datetime) -> dict[str, Any]:
        """The bucket as it is stored."""
        return {
            "id": self.id, "organization_id": self.organization_id, "sim_id": self.sim_id, "product_id": self.product_id,
            "offering_id": self.offering_id, "usage_type": self.usage_type, "priority": self.priority, "status": self.status,
            "total": self.total, "remaining": self.remaining, "reserved": 0, "max_overrun": 0, "starts_at": self.starts_at,
            "ends_at": self.ends_at, "as_of": at, "source": FigureSource.CHARGING,
        }  # fmt: skip


@dataclass
class Books:
    """Some purchases one after the other, as rows."""

    orders: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    products: list[dict[str, Any]] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    changes: dict[UUID, list[Change]] = field(default_factory=lambda: defaultdict(list))


class Buying:
    """One organization's purchases, drawn in the order of time; `buckets` (by line), `numbers` and `recent` are known at the end."""

    def __init__(
        self, draw: Random, habits: Habits, lines: Sequence[Line], offerings: Sequence[Offering],
        house: Mapping[LedgerAccountKind, UUID], takings: Takings, *, vat_rate: Decimal, at: datetime,
    ) -> None:  # fmt: skip
        self._takings = takings
        self._draw = draw
        self._habits = habits
        self._lines = sorted(lines, key=lambda line: line.path)
        self._paths = [line.path for line in self._lines]
        self._offerings = [offering for offering in offerings if offering.code in habits.wanted]
        self._house = house
        self._vat_rate = vat_rate
        self._at = at
        self._balances: dict[UUID, int] = defaultdict(int)
        self._ends: dict[tuple[UUID, UUID], list[datetime | None]] = defaultdict(list)
        self._books = Books()
        self.buckets: dict[UUID, list[Granted]] = defaultdict(list)
        self.numbers: dict[int, int] = defaultdict(int)
        self.recent: deque[UUID] = deque(maxlen=MOST_RECEIPTS)

    def run(self, payers: Sequence[Payer]) -> Iterator[Books]:
        """Draws all purchases, some thousand items at a time; every payer ends with money left."""
        moments = sorted(self._moments(max(6, len(self._lines) // self._habits.cards_per_order)))
        for moment in moments:
            payer = payers[0] if moment == moments[-1] else self._draw.choice(payers)
            self._order(payer, moment, is_refused=moment == moments[len(moments) * 3 // 4])
            if len(self._books.items) >= AT_ONCE:
                yield self._closed()
        for payer in payers:
            if self._balances[payer.wallet_id] < TOP_UPS[0]:
                self._top_up(payer, self._at - timedelta(minutes=75), self._draw.choice(TOP_UPS))
        yield self._closed()

    def _closed(self) -> Books:
        books, self._books = self._books, Books()
        books.postings.sort(key=lambda posting: posting.at)
        return books

    def _moments(self, count: int) -> Iterator[datetime]:
        """Office hours, denser lately; always one just now, one whose month ends tomorrow, one before the weekend."""
        yield self._at - timedelta(minutes=94)
        yield self._at - timedelta(days=29, hours=3)
        yield self._at - timedelta(days=29, hours=1)
        while count > 3:
            day = in_tehran(self._at - self._habits.since * self._draw.random() ** self._habits.lately).date()
            clock = time(self._draw.randint(8, 16), self._draw.randrange(60), self._draw.randrange(60))
            moment = datetime.combine(day, clock, TEHRAN)
            if day.weekday() != WEEKEND and moment < self._at - timedelta(hours=3):
                count -= 1
                yield moment

    def _order(self, payer: Payer, moment: datetime, *, is_refused: bool) -> None:
        offering = self._draw.choices(self._offerings, [self._habits.wanted[offering.code] for offering in self._offerings])[0]
        chosen = self._eligible(payer, offering, moment)
        if not chosen:
            return
        activation = self._activation(offering)
        price = taxed(Money(offering.net_price), self._vat_rate)
        self._fund(payer, price.gross.minor * len(chosen), moment)
        order = self._new_order(payer, moment, price, len(chosen))
        states = []
        for position, line in enumerate(chosen):
            is_item_refused = (is_refused and position == 0) or self._draw.random() < 0.006
            states.append(self._item(order, payer, position, line, offering, price, activation, is_refused=is_item_refused))
        state = S.COMPLETED if set(states) == {S.COMPLETED} else S.FAILED if set(states) == {S.FAILED} else S.PARTIAL
        order["state"] = state
        self._steps(order, state)

    def _eligible(self, payer: Payer, offering: Offering, moment: datetime) -> list[Line]:
        """Some of the payer's lines that could get the offering then, out of a few times as many looked at."""
        first, end = (bisect_left(self._paths, path) for path in (payer.account.path, path_end(payer.account.path)))
        wanted = self._draw.choice(self._habits.at_once)
        able = (
            line
            for place in self._draw.sample(range(first, end), min(end - first, LOOKED_AT * wanted + LOOKED_AT))
            if (line := self._lines[place]).status in (SimStatus.ACTIVE, SimStatus.CAP_EXCEEDED)
            and line.activated_at is not None
            and line.activated_at < moment
            and line.payment_mode in offering.payment_modes
            and self._may_take(line, offering, moment)
        )
        return list(islice(able, wanted))

    def _may_take(self, line: Line, offering: Offering, moment: datetime) -> bool:
        same = [end for end in self._ends[line.id, offering.id] if end is None or end > moment]
        return bundles.may_take(len(same), offering.max_queued) and None not in same

    def _activation(self, offering: Offering) -> ActivationMode:
        can_wait = ActivationMode.FIRST_USE in offering.activations and offering.code.startswith(("ROAM", "IOT"))
        return ActivationMode.FIRST_USE if can_wait else ActivationMode.NOW

    def _fund(self, payer: Payer, needed: int, moment: datetime) -> None:
        while self._balances[payer.wallet_id] < needed:
            self._top_up(payer, moment - timedelta(minutes=self._draw.randint(20, 300)), self._draw.choice(TOP_UPS))

    def _top_up(self, payer: Payer, moment: datetime, amount: int) -> None:
        legs = movement(Leg(payer.wallet_id, amount), Leg(self._house[K.CLEARING], -amount))
        id = id_at(self._draw, moment)
        payment = self._takings.settled(payer.account, payer.wallet_id, payer.buyer, moment, amount, id)
        cause = Ref(Kind.PAYMENT, payment["id"])
        posting = Posting(legs, payer.account.path, LedgerReason.TOP_UP, payer.buyer, moment, cause, payment["number"], id=id)
        self._books.postings.append(posting)
        self._balances[payer.wallet_id] += amount

    def _new_order(self, payer: Payer, moment: datetime, price: Price, count: int) -> dict[str, Any]:
        year, id = JalaliDay.of(moment).year, id_at(self._draw, moment)
        self.numbers[year] += 1
        order = {
            "id": id, "organization_id": payer.account.organization_id, "account_id": payer.account.id,
            "path": payer.account.path, "number": f"SO-{year}-{self.numbers[year]:06}", "external_reference": None,
            "by": payer.buyer.as_json(), "placed_by_id": payer.buyer.person_id, "placed_at": moment, "net": price.net.minor * count,
            "vat": price.vat.minor * count, "vat_rate": price.vat_rate, "refunded": 0,
            "purchase_order_number": f"PO-{self._draw.randrange(10_000, 99_999)}" if self._draw.random() < 0.3 else None,
            "memo": self._draw.choice(MEMOS) or None, "receipt_emails": [], "locale": payer.locale,
        }  # fmt: skip
        self._books.orders.append(order)
        if moment > self._at - RECEIPTS_SINCE:
            self.recent.append(id)
        return order

    def _item(
        self, order: dict[str, Any], payer: Payer, position: int, line: Line, offering: Offering, price: Price, activation: ActivationMode,
        *, is_refused: bool,
    ) -> OrderState:  # fmt: skip
        """One line's part: paid, then granted, or refused by the network and paid back."""
        moment = order["placed_at"]
        cause = Ref(Kind.ORDER, order["id"])
        item_id, paid = id_at(self._draw, moment), id_at(self._draw, moment)
        legs = sale(price, wallet=payer.wallet_id, revenue=self._house[K.REVENUE], tax=self._house[K.TAX])
        self._books.postings.append(Posting(legs, payer.account.path, LedgerReason.ORDER, payer.buyer, moment, cause, id=paid))
        self._balances[payer.wallet_id] -= price.gross.minor
        change = Change(Ref(Kind.SIM, line.id), line.label, "products", None, offering.names[payer.locale], -price.gross)
        self._books.changes[order["id"]].append(change)
        failure, product_id = None, None
        if is_refused:
            failure = Reason(ErrorCode.CARRIER_FAILED, "orders.refused", {"reason": "HLR 21: subscriber busy"}).as_json()
            later = moment + timedelta(seconds=45)
            memo, back = order["number"], id_at(self._draw, later)
            posting = Posting(reversal(legs), payer.account.path, LedgerReason.REFUND, SYSTEM, later, cause, memo, paid, back)
            self._books.postings.append(posting)
            self._balances[payer.wallet_id] += price.gross.minor
            order["refunded"] += price.gross.minor
        else:
            product_id = self._grant(order, item_id, line, offering, activation)
        state = S.FAILED if is_refused else S.COMPLETED
        self._books.items.append(
            {
                "id": item_id, "organization_id": order["organization_id"], "order_id": order["id"], "position": position,
                "offering_id": offering.id, "sim_id": line.id, "state": state, "activation": activation, "activate_at": None,
                "is_renewing": False, "net": price.net.minor, "vat": price.vat.minor, "vat_rate": price.vat_rate,
                "product_id": product_id, "transfer_id": paid, "failure": failure,
            }
        )  # fmt: skip
        return state

    def _grant(self, order: dict[str, Any], item_id: UUID, line: Line, offering: Offering, activation: ActivationMode) -> UUID:
        """The product and its buckets, by the rules of granting."""
        moment = order["placed_at"] + timedelta(seconds=20)
        ends = [end for end in self._ends[line.id, offering.id] if end is not None and end > moment]
        starts_at, ends_at = bundles.period(activation, None, offering.valid_days, at=moment, follows=max(ends, default=None))
        self._ends[line.id, offering.id].append(ends_at)
        product_id = id_at(self._draw, moment)
        self._books.products.append(
            {
                "id": product_id, "organization_id": line.organization_id, "sim_id": line.id, "offering_id": offering.id,
                "order_item_id": item_id, "order_id": order["id"], "starts_at": starts_at, "ends_at": ends_at, "is_renewing": False,
                "status": ProductStatus.PENDING_ACTIVE if starts_at is None else ProductStatus.ACTIVE, "created_at": moment,
            }
        )  # fmt: skip
        for allowance in offering.allowances:
            self.buckets[line.id].append(
                Granted(
                    id_at(self._draw, moment), line.organization_id, line.id, product_id, offering.id, allowance["usage_type"],
                    BucketStatus.QUEUED if starts_at is None else BucketStatus.ACTIVE, allowance["amount"], allowance["amount"],
                    starts_at or moment, ends_at, bool(allowance.get("restriction")),
                )
            )  # fmt: skip
        return product_id

    def _steps(self, order: dict[str, Any], state: OrderState) -> None:
        for step, seconds, by in ((S.ACKNOWLEDGED, 0, order["by"]), (S.IN_PROGRESS, 2, SYSTEM.as_json()), (state, 46, SYSTEM.as_json())):
            moment = order["placed_at"] + timedelta(seconds=seconds)
            self._books.steps.append(
                {
                    "id": id_at(self._draw, moment), "organization_id": order["organization_id"], "order_id": order["id"], "state": step,
                    "at": moment, "by": by,
                }
            )  # fmt: skip


async def house_accounts(session: Session, organization_id: UUID, dice: Dice, *, at: datetime) -> Mapping[LedgerAccountKind, UUID]:
    """Makes the organization's own ledger accounts."""
    new_id = dice.ids(f"house:{organization_id}", at)
    house, owner = {kind: new_id() for kind in HOUSE}, Ref(Kind.ORGANIZATION, organization_id)
    await insert_or_ignore(session, LedgerAccount, [made(organization_id, owner, kind, id) for kind, id in house.items()])
    return house


async def wallets(session: Session, organization_id: UUID) -> Mapping[UUID, UUID]:
    """Wallets by their accounts."""
    found = select(LedgerAccount.owner_id, LedgerAccount.id).where(
        col(LedgerAccount.organization_id) == organization_id, col(LedgerAccount.kind) == K.WALLET
    )
    return {owner: id for owner, id in await session.execute(found)}  # noqa: C416 (rows are no pairs to dict's eye)


@dataclass(frozen=True, slots=True)
class Ids:
    """Where the ids of ledger entries and audit entries come from."""

    entry: Callable[[], UUID]
    audit: Callable[[], UUID]


async def write_books(session: Session, organization_id: UUID, books: Books, ids: Ids, *, at: datetime) -> None:
    """Writes some purchases: money first, then orders, what they brought, what the worker has to see to later, and the audit trail."""
    await post(session, organization_id, books.postings, new_id=ids.entry)
    await insert_all(session, Order, books.orders)
    await insert_all(session, Product, books.products)
    await insert_all(session, OrderItem, books.items)
    await insert_all(session, OrderStep, books.steps)
    await send_all(session, _turns(books, at), organization_id=organization_id)
    deeds = (
        Deed(
            ActorRef.from_json(order["by"]), "orderPlace", order["placed_at"], order["path"], books.changes[order["id"]],
            subjects=[order["id"]], id=ids.audit(),
        )
        for order in books.orders
    )  # fmt: skip
    await append_all(session, organization_id, deeds)


async def close_books(session: Session, organization_id: UUID, buying: Buying, *, at: datetime) -> None:
    """Keeps the last number of each year, and has the receipts of the last days made one after the other, the newest first."""
    numbers = [{"organization_id": organization_id, "series": f"SO-{year}", "last": last} for year, last in buying.numbers.items()]
    await insert_or_ignore(session, NumberSeries, numbers)
    receipts = (receipt_letter(id, at + place * BETWEEN_RECEIPTS) for place, id in enumerate(reversed(buying.recent), 5))
    await send_all(session, receipts, organization_id=organization_id)


def _turns(books: Books, at: datetime) -> Iterator[Letter]:
    """When running and waiting products start or end."""
    for product in books.products:
        turn = next((moment for moment in (product["starts_at"], product["ends_at"]) if moment is not None and moment > at), None)
        if turn is not None:
            id = product["id"]
            yield Letter(TURN, {"product": id.hex}, f"product:{id}", turn, f"turn:{id}")
