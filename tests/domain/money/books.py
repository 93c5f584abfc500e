"""What has to hold of a company's books: cheap looks after each step, everything anew now and then, all of the past at the end."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from api.books import LOOKS
from domain.accounts.tables import AccountEdge
from domain.billing.states import ISSUED, BillState, DisputeState
from domain.billing.tables import Bill, BillDispute, BillDisputeLine, BillLine, BillNote
from domain.groups.tables import PaymentPolicyRun
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import Kind
from domain.orders.tables import Order, OrderItem, OrderState
from domain.sims.tables import Sim
from domain.wallet.proof import prove
from domain.wallet.queries import Posted, statement_of
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerEntry, LedgerHold, LedgerTransfer
from store.models import table_of
from store.session import Database, Session
from tests.world import MovableClock

K = LedgerAccountKind
STANDING: tuple[Any, ...] = (
    LedgerAccount.id, LedgerAccount.kind, LedgerAccount.owner_id, LedgerAccount.balance, LedgerAccount.held, LedgerAccount.floor,
    LedgerAccount.entry_count,
)  # fmt: skip
ENTRY: tuple[Any, ...] = (
    LedgerEntry.transfer_id, LedgerEntry.ledger_account_id, LedgerEntry.seq, LedgerEntry.posted_at, LedgerEntry.amount, LedgerEntry.balance_after,
    LedgerEntry.path,
)  # fmt: skip
EDGE: tuple[Any, ...] = (AccountEdge.account_id, AccountEdge.parent_id, AccountEdge.path, AccountEdge.valid_from, AccountEdge.valid_to)
STILL = tuple(name for name in (column.name for column in table_of(Bill).columns) if name not in ("paid", "amount_due", "state", "tax_number"))
"""What never changes of a bill that was issued."""
GIVEN_BACK = (OrderState.FAILED, OrderState.CANCELLED, OrderState.REJECTED)


class Books:
    """One company's books as they were seen so far."""

    def __init__(self, database: Database, organization_id: UUID, clock: MovableClock, counts: Counter[str]) -> None:
        self.database, self.id, self.clock, self.counts = database, organization_id, clock, counts
        self.standing: dict[UUID, Any] = {}
        self.last: dict[UUID, tuple[int, int]] = {}
        self.is_sound = False
        self.looked_at: datetime | None = None
        self.then: list[tuple[datetime, Mapping[UUID, int]]] = []
        self.months: dict[JalaliMonth, Any] = {}
        self.bills: dict[UUID, Any] = {}

    async def look(self, *, is_refused: bool = False) -> None:
        """After each step: all money sums to nothing, floors hold, each balance is that of its entries, each transfer balances, and what
        was just booked adds up at each place of the tree; what was refused changed nothing."""
        self.is_sound = False
        async with self.database.read() as session:
            rows = {row.id: row for row in await session.execute(select(*STANDING).where(col(LedgerAccount.organization_id) == self.id))}
            moved = {id for id, row in rows.items() if row != self.standing.get(id)}
            assert not is_refused or all(row.balance == row.held == 0 for id, row in rows.items() if id in moved and id not in self.standing)
            assert not is_refused or moved.isdisjoint(self.standing)
            self.counts["checks: sums, floors"] += 1
            assert sum(row.balance for row in rows.values()) == 0
            assert all(row.held >= 0 and (row.floor is None or row.balance - row.held >= row.floor) for row in rows.values())
            if any(rows[id].entry_count != self.last.get(id, (0, 0))[0] for id in moved):
                await self._add(session, rows)
        self.standing, self.looked_at = rows, self.clock.now()
        assert {id: (row.entry_count, row.balance) for id, row in rows.items() if row.entry_count or row.balance} == self.last
        self.is_sound = True
        self.then.append((self.looked_at, {id: row.balance for id, row in rows.items()}))

    async def _add(self, session: Session, rows: Mapping[UUID, Any]) -> None:
        """What was booked since the last look."""
        mine = [col(LedgerEntry.organization_id) == self.id]
        if self.looked_at is not None:
            mine.append(col(LedgerEntry.posted_at) > self.looked_at)
        fresh = (await session.execute(select(*ENTRY).where(*mine).order_by(col(LedgerEntry.seq)))).all()
        edges = (await session.execute(select(*EDGE).where(col(AccountEdge.organization_id) == self.id))).all()
        lines: Any = select(Sim.id, Sim.account_id).where(col(Sim.organization_id) == self.id)
        homes = dict((await session.execute(lines)).all())
        transfers: dict[UUID, list[int]] = defaultdict(list)
        for entry in fresh:
            count, balance = self.last.get(entry.ledger_account_id, (0, 0))
            assert (entry.seq, entry.balance_after) == (count + 1, balance + entry.amount)
            self.last[entry.ledger_account_id] = (entry.seq, entry.balance_after)
            transfers[entry.transfer_id].append(entry.amount)
        assert all(len(sides) >= 2 and sum(sides) == 0 for sides in transfers.values())
        self.counts["checks: transfers"] += len(transfers)
        instants = {entry.posted_at for entry in fresh}
        self.counts["checks: dates at which each parent is the sum of its children"] += len(instants)
        for at in instants:
            adds_up([entry for entry in fresh if entry.posted_at == at], rows, edges, homes, at)

    async def prove(self) -> None:
        """Everything anew from what is stored: the proof of the ledger, bills, disputes, orders, policies; and months that are over."""
        self.counts["checks: everything recomputed"] += 1
        async with self.database.read() as session:
            faults = await prove(session, self.id, looks=LOOKS)
            assert not faults, faults
            await self._bills(session)
            await self._disputes(session)
            await self._orders(session)
            await self._policies(session)
            now, month = JalaliMonth.of(self.clock.now()), JalaliMonth.of(self.then[0][0])
            while month < now:
                if month not in self.months:
                    self.months[month] = await self._month(session, month)
                month = month.plus(1)

    async def end(self) -> None:
        """Every balance at some earlier steps is what its entries up to then sum to, and months that were over read as they did."""
        await self.prove()
        async with self.database.read() as session:
            statement = select(*ENTRY).where(col(LedgerEntry.organization_id) == self.id).order_by(col(LedgerEntry.seq))
            entries = (await session.execute(statement)).all()
            for at, balances in self.then:
                sums: dict[UUID, int] = dict.fromkeys(balances, 0)
                for entry in entries:
                    if entry.posted_at <= at:
                        sums[entry.ledger_account_id] += entry.amount
                assert sums == balances
            self.counts["checks: balances in the past"] += sum(len(balances) for _, balances in self.then)
            at, balances = self.then[len(self.then) // 2]
            for id, balance in balances.items():
                assert (await statement_of(session, self.id, id, Posted(before=at + timedelta(microseconds=1)))).closing.minor == balance
            for month, told in self.months.items():
                self.counts["checks: closed months"] += 1
                assert await self._month(session, month) == told

    async def _month(self, session: Session, month: JalaliMonth) -> Any:
        """What a month's entries come to, for each ledger account and place."""
        columns: Any = (LedgerEntry.ledger_account_id, LedgerEntry.path, func.count(), func.sum(LedgerEntry.amount), func.max(LedgerEntry.digest))
        of = (
            col(LedgerEntry.organization_id) == self.id, col(LedgerEntry.posted_at) >= month.starts_at,
            col(LedgerEntry.posted_at) < month.ends_at,
        )  # fmt: skip
        rows = await session.execute(select(*columns).where(*of).group_by(columns[0], columns[1]).order_by(columns[0], columns[1]))
        return [tuple(row) for row in rows]

    async def _bills(self, session: Session) -> None:
        """Issued bills are their lines, what is paid and due of them is their total and stands in the ledger, and nothing else changes."""
        bills = (await session.scalars(select(Bill).where(col(Bill.organization_id) == self.id))).all()
        issued = {bill.id: bill for bill in bills if bill.state in ISSUED}
        lines: dict[UUID, list[Any]] = defaultdict(list)
        stored = select(*table_of(BillLine).columns).where(col(BillLine.organization_id) == self.id).order_by(col(BillLine.id))
        for line in await session.execute(stored):
            lines[line.bill_id].append(tuple(line) if line.bill_id in issued else line)
        place = {name: index for index, name in enumerate(table_of(BillLine).columns.keys())}
        owed: Counter[UUID] = Counter()
        for bill in issued.values():
            own = lines[bill.id]
            assert len(own) == bill.line_count
            assert sum(line[place["net"]] for line in own) == bill.net and sum(line[place["vat"]] for line in own) == bill.vat
            assert bill.paid + bill.amount_due == bill.net + bill.vat and bill.amount_due >= 0
            assert (bill.state == BillState.SETTLED) == (bill.amount_due == 0)
            owed[bill.account_id] += bill.amount_due
            told = (*(getattr(bill, name) for name in STILL), own)
            assert self.bills.setdefault(bill.id, told) == told
        debts = {row.owner_id: -row.balance for row in self.standing.values() if row.kind == K.RECEIVABLE}
        wrong = {id: (debts.get(id, 0), owed[id]) for id in owed.keys() | debts.keys() if debts.get(id, 0) != owed[id]}
        assert not wrong, [(debt, due, [(bill.month, bill.paid, bill.amount_due, bill.state) for bill in bills if bill.account_id == id]) for id, (debt, due) in wrong.items()]
        assert self.bills.keys() <= issued.keys()
        self.counts["checks: bills"] += len(issued)

    async def _disputes(self, session: Session) -> None:
        """What was credited is what notes say, within what was objected to; a line's objection isn't looked at or granted twice."""
        disputes = (await session.scalars(select(BillDispute).where(col(BillDispute.organization_id) == self.id))).all()
        about: Any = select(BillNote.about_bill_id, func.sum(BillNote.net + BillNote.vat)).where(col(BillNote.organization_id) == self.id)
        noted = {id: -int(total) for id, total in await session.execute(about.group_by(col(BillNote.about_bill_id))) if id is not None}
        credited: Counter[UUID] = Counter()
        for dispute in disputes:
            assert (dispute.state == DisputeState.OPEN) == (dispute.credited is None)
            assert 0 <= (dispute.credited or 0) <= dispute.amount
            if dispute.credited:
                credited[dispute.bill_id] += dispute.credited
        assert noted == dict(credited)
        standing = {dispute.id for dispute in disputes if dispute.state != DisputeState.REJECTED}
        rows = await session.execute(select(BillDisputeLine.dispute_id, BillDisputeLine.line_id).where(col(BillDisputeLine.organization_id) == self.id))
        taken = [line_id for dispute_id, line_id in rows if dispute_id in standing]
        assert len(taken) == len(set(taken))
        self.counts["checks: disputes"] += len(disputes)

    async def _orders(self, session: Session) -> None:
        """Of each order: what was taken and not given back, what is held and what was refunded is its price; what was taken is for items."""
        orders = (await session.scalars(select(Order).where(col(Order.organization_id) == self.id))).all()
        of_orders = (col(LedgerTransfer.organization_id) == self.id, col(LedgerTransfer.cause_kind) == Kind.ORDER.value)
        paid: Any = (
            select(LedgerTransfer.cause_id, func.sum(LedgerEntry.amount))
            .join(LedgerEntry, col(LedgerEntry.transfer_id) == col(LedgerTransfer.id))
            .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.ledger_account_id))
            .where(*of_orders, col(LedgerAccount.kind) == K.WALLET)
            .group_by(col(LedgerTransfer.cause_id))
        )
        taken = {id: -int(total) for id, total in await session.execute(paid)}
        holding: Any = select(LedgerHold.cause_id, func.sum(LedgerHold.remaining)).where(col(LedgerHold.organization_id) == self.id)
        held = {id: int(total) for id, total in await session.execute(holding.group_by(col(LedgerHold.cause_id)))}
        sold: Counter[UUID] = Counter()
        columns: Any = (OrderItem.order_id, OrderItem.state, OrderItem.transfer_id, OrderItem.net + OrderItem.vat)
        for order_id, state, transfer_id, price in await session.execute(select(*columns).where(col(OrderItem.organization_id) == self.id)):
            sold[order_id] += price if transfer_id is not None and state not in GIVEN_BACK else 0
        for order in orders:
            assert taken.get(order.id, 0) == sold[order.id]
            assert taken.get(order.id, 0) + held.get(order.id, 0) + order.refunded == order.net + order.vat
            assert order.state != OrderState.COMPLETED or (order.refunded, held.get(order.id, 0)) == (0, 0)
        self.counts["checks: orders"] += len(orders)

    async def _policies(self, session: Session) -> None:
        """A run that succeeded took its amount, one that failed nothing."""
        runs = (await session.scalars(select(PaymentPolicyRun).where(col(PaymentPolicyRun.organization_id) == self.id))).all()
        taken: Any = (
            select(LedgerEntry.transfer_id, func.min(LedgerEntry.amount))
            .where(col(LedgerEntry.organization_id) == self.id, col(LedgerEntry.transfer_id).in_([run.transfer_id for run in runs if run.transfer_id]))
            .group_by(col(LedgerEntry.transfer_id))
        )  # fmt: skip
        amounts = {id: -int(amount) for id, amount in await session.execute(taken)} if runs else {}
        for run in runs:
            assert (run.transfer_id is None) == (run.failure is not None)
            assert run.transfer_id is None or amounts[run.transfer_id] == run.amount
        self.counts["checks: policies' runs"] += len(runs)


def adds_up(entries: Sequence[Any], accounts: Mapping[UUID, Any], edges: Sequence[Any], homes: Mapping[UUID, UUID], at: datetime) -> None:
    """By the tree as it was at an instant: money is recorded where its owner hung, and a parent's sum is its own and its children's."""
    tree = {edge.account_id: edge for edge in edges if edge.valid_from <= at and (edge.valid_to is None or at < edge.valid_to)}
    turned = {edge.account_id for edge in edges if edge.valid_from == at}  # at the very instant of a move either place is right
    own: dict[UUID, int] = defaultdict(int)
    kept = [(entry, accounts[entry.ledger_account_id]) for entry in entries if accounts[entry.ledger_account_id].kind == K.WALLET]
    for entry, account in kept:
        holder = homes.get(account.owner_id, account.owner_id)
        assert holder in turned or tree[holder].path == entry.path
        own[holder] += entry.amount
    children: dict[UUID | None, list[UUID]] = defaultdict(list)
    for id, edge in tree.items():
        children[edge.parent_id].append(id)

    def total(account_id: UUID) -> int:
        return own[account_id] + sum(map(total, children[account_id]))

    for account_id, edge in tree.items():
        assert total(account_id) == sum(entry.amount for entry, _ in kept if entry.path.startswith(edge.path))
