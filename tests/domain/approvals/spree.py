"""A company that spends, asks and answers at random, beside a naive one of names and numbers that says what has to come of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import select

from domain.accounts.service import make_account, make_organization
from domain.accounts.tables import Account, CostCentre, PaymentMode
from domain.approvals import deciding, service
from domain.approvals.asking import Request, ask
from domain.approvals.deciding import Subject
from domain.approvals.service import BudgetWish
from domain.approvals.spending import Claim, grant, release, spend
from domain.approvals.tables import Approval, ApprovalDelegation, Budget
from domain.audit.writing import Work
from domain.kernel.calendar import JalaliMonth
from domain.kernel.errors import BudgetExceeded, NotEligible
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import MutationMode
from domain.kernel.scope import SYSTEM, ActorRef, Reach, Scope, system_scope
from domain.people.tables import Membership, Person
from store.session import Database, Session
from tests.world import NOW

PARENT = {"root": None, "sales": "root", "field": "sales", "office": "root"}
NODES = tuple(PARENT)
CENTRE = "centre"
PEOPLE = 6
Step = tuple[int, int, int, int, int]


@dataclass
class Waiting:
    """What somebody asks for: by whom, where, how much, how much of it on the cost centre, and why it had to wait."""

    id: UUID
    requester: int
    node: str
    amount: int
    share: int
    over: list[str]
    is_over_band: bool
    taken: list[str]


@dataclass
class Naive:
    """The company as anybody would keep it on paper."""

    roles: dict[int, list[str]] = field(default_factory=lambda: {person: [] for person in range(PEOPLE)})
    chiefs: set[int] = field(default_factory=set)
    bands: dict[str, dict[int, int]] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    stand_ins: list[tuple[int, int, int]] = field(default_factory=list)
    now: int = 0

    def up(self, node: str | None) -> list[str]:
        """A node and all above it."""
        found = []
        while node is not None:
            found.append(node)
            node = PARENT[node]
        return found

    def covers(self, person: int, node: str) -> bool:
        """Whether somebody manages a node."""
        return any(place in self.up(node) for place in self.roles[person])

    def band(self, node: str) -> dict[int, int]:
        """The bands that hold at a node."""
        return next((self.bands[place] for place in self.up(node) if self.bands.get(place)), {})

    def parts(self, node: str, amount: int, share: int) -> dict[str, int]:
        """What a purchase takes of each budget there is."""
        wanted = dict.fromkeys(self.up(node), amount) | ({CENTRE: share} if share else {})
        return {place: part for place, part in wanted.items() if place in self.limits}

    def over(self, node: str, amount: int, share: int) -> list[str]:
        """Which budgets it would pass."""
        left = {place: limit - self.spent.get(place, 0) - self.held.get(place, 0) for place, limit in self.limits.items()}
        return [place for place, part in self.parts(node, amount, share).items() if part > left[place]]

    def is_over_band(self, node: str, amount: int) -> bool:
        """Whether its amount needs a word."""
        return any(bound <= amount for bound in self.band(node))

    def right(self, requester: int, node: str, amount: int, over: Sequence[str], is_over_band: bool) -> set[int]:
        """Who may let it pass now."""
        chiefs = {person for person in self.chiefs if self.roles[person]} - {requester}
        sets = []
        for place in over:
            lines = self.up("root" if place == CENTRE else place)
            near = ({person for person in self.roles if line in self.roles[person]} - {requester} for line in lines)
            sets.append(next((people for people in near if people), set()))
        if is_over_band:
            bounds = sorted(self.band(node))
            begun = [bound for bound in bounds if bound <= amount]
            order = [self.band(node)[bound] for bound in begun[-1:] + [bound for bound in bounds if bound > amount]]
            able = [person for person in order if person != requester and self.covers(person, node)]
            sets.append({able[0]} if able else chiefs)
        if not sets:
            return set()
        asked = set.intersection(*sets) or chiefs
        return asked | {
            to for giver, to, until in self.stand_ins
            if giver in asked and self.now < until and to != requester and self.covers(to, node)
        }  # fmt: skip


@dataclass
class Spree:
    """The real company and the naive one, and how much was tried."""

    database: Database
    organization_id: UUID
    accounts: dict[str, Account]
    centre: UUID
    people: list[Person]
    naive: Naive = field(default_factory=Naive)
    waiting: list[Waiting] = field(default_factory=list)
    cases: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def at(self) -> Any:
        """The present minute."""
        return NOW + timedelta(minutes=self.naive.now)

    def subject(self, place: str) -> Ref:
        """Whose budget it is."""
        return Ref(Kind.COST_CENTRE, self.centre) if place == CENTRE else Ref(Kind.ACCOUNT, self.accounts[place].id)

    def actor(self, person: int) -> ActorRef:
        """Somebody who acts."""
        return ActorRef(self.people[person].id, self.people[person].name, self.people[person].id)

    def work(self, session: Session, by: ActorRef = SYSTEM) -> Work:
        """A piece of work on everything, so that nothing but the rules of approvals can refuse it."""
        scope = Scope(by, Permission.APPROVAL_DECIDE, (Reach(self.organization_id),), self.at)
        return Work(session, scope if by != SYSTEM else system_scope(Permission.BUDGET_MANAGE, self.at), self.at, MutationMode.APPLY)

    def claim(self, wanted: Waiting) -> Claim:
        """What it takes."""
        shares = {self.centre: wanted.share} if wanted.share else {}
        path = self.accounts[wanted.node].path
        return Claim(self.organization_id, path, Ref(Kind.JOB, wanted.id), wanted.amount, shares, self.actor(wanted.requester))

    def count(self, outcome: str) -> None:
        """One more case."""
        self.cases += 1
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def subjects(self) -> Subject:
        """What an answer brings about."""

        async def carry_out(work: Work, approval: Approval) -> None:
            wanted = next(one for one in self.waiting if one.id == approval.subject_id)
            assert work.scope.actor.person_id is not None
            await grant(work, self.claim(wanted), work.scope.actor.person_id)

        async def give_up(work: Work, approval: Approval) -> None:
            await release(work.sql, approval.organization_id, approval.subject_id)

        return Subject(carry_out, give_up)

    async def buy(self, requester: int, node: str, amount: int, share: int) -> None:
        """Somebody wants to spend."""
        naive = self.naive
        over, is_over_band = naive.over(node, amount, share), naive.is_over_band(node, amount)
        taken = [place for place in naive.parts(node, amount, share) if place not in over]
        wanted = Waiting(uuid7(), requester, node, amount, share, over, is_over_band, taken)
        right = naive.right(requester, node, amount, over, is_over_band)
        has_to_wait, account = bool(over or is_over_band), self.accounts[node]
        try:
            async with self.database.write() as session:
                work = self.work(session, self.actor(requester))
                asked = await spend(work, self.claim(wanted))
                if asked is not None:
                    ids = {self.people[person].id for person in right}
                    assert (set(asked.approver_ids), {id for need in work.approvals for id in need.approver_ids}) == (ids, ids)
                    request = Request(Ref(Kind.JOB, wanted.id), self.organization_id, account.id, account.path, amount)
                    await ask(work, request, asked)
        except BudgetExceeded:
            assert has_to_wait and not right, (over, is_over_band, right)
            self.count("nobody could approve")
            return
        assert (asked is not None) == has_to_wait, (wanted, asked)
        kept = naive.held if has_to_wait else naive.spent
        for place, part in naive.parts(node, amount, share).items():
            if place in taken:
                kept[place] = kept.get(place, 0) + part
        if has_to_wait:
            self.waiting.append(wanted)
        self.count("waits" if has_to_wait else "spent")

    async def answer(self, which: int, person: int, is_granted: bool) -> None:
        """Somebody answers what waits."""
        if not self.waiting:
            return
        wanted, naive = self.waiting[which % len(self.waiting)], self.naive
        now = naive.right(wanted.requester, wanted.node, wanted.amount, wanted.over, wanted.is_over_band)
        held = dict(naive.held)
        for place, part in naive.parts(wanted.node, wanted.amount, wanted.share).items():
            if place in wanted.taken:
                naive.held[place] -= part
        over = naive.over(wanted.node, wanted.amount, wanted.share)
        is_over_band = naive.is_over_band(wanted.node, wanted.amount)
        later = naive.right(wanted.requester, wanted.node, wanted.amount, over, is_over_band)
        may = person in now and (not is_granted or not (over or is_over_band) or person in later)
        try:
            async with self.database.write() as session:
                approval_id = (await session.scalars(select(Approval.id).where(Approval.subject_id == wanted.id))).one()
                await deciding.decide(self.work(session, self.actor(person)), approval_id, is_granted, None)
        except (NotEligible, BudgetExceeded):
            assert not may, (wanted, person, now, over, later)
            naive.held = held
            self.count("wrong answerer")
            return
        assert may, (wanted, person, now, over, later)
        if is_granted:
            for place, part in naive.parts(wanted.node, wanted.amount, wanted.share).items():
                naive.spent[place] = naive.spent.get(place, 0) + part
        self.waiting.remove(wanted)
        self.count("granted" if is_granted else "refused")

    async def withdraw(self, which: int) -> None:
        """What waits is taken back."""
        if self.waiting:
            wanted = self.waiting.pop(which % len(self.waiting))
            async with self.database.write() as session:
                assert await deciding.withdraw(self.work(session), Ref(Kind.JOB, wanted.id))
            for place, part in self.naive.parts(wanted.node, wanted.amount, wanted.share).items():
                if place in wanted.taken:
                    self.naive.held[place] -= part
            self.count("withdrawn")

    async def appoint(self, person: int, node: str, is_chief: bool) -> None:
        """Somebody manages a node; a profile manager all of them."""
        place = "root" if is_chief else node
        if is_chief:
            self.naive.chiefs.add(person)
        elif person in self.naive.chiefs:
            return
        self.naive.roles[person].append(place)
        role = Role.PROFILE_MANAGER if is_chief else Role.ACCOUNT_MANAGER
        async with self.database.write() as session:
            session.add(
                Membership(
                    id=uuid7(), organization_id=self.organization_id, person_id=self.people[person].id, role=role,
                    account_id=self.accounts[place].id, valid_from=self.at,
                )
            )  # fmt: skip

    async def dismiss(self, person: int) -> None:
        """Somebody leaves."""
        self.naive.roles[person] = []
        self.naive.chiefs.discard(person)
        async with self.database.write() as session:
            for row in (await session.scalars(select(Membership).where(Membership.person_id == self.people[person].id))).all():
                row.valid_to = min(row.valid_to or self.at, self.at)

    async def set_limit(self, place: str, limit: int | None) -> None:
        """A budget is set, or removed while nothing waits that takes of it."""
        if limit is None and any(place in one.taken for one in self.waiting):
            return
        if place not in self.naive.limits and any(place in self.naive.up(one.node) or place == CENTRE for one in self.waiting):
            return  # what waits took nothing of a budget that wasn't there; the naive company doesn't keep apart since when one is
        async with self.database.write() as session:
            await service.budget_set(self.work(session), BudgetWish(self.subject(place), JalaliMonth.of(self.at), limit, [75, 90, 100]))
        if limit is None:
            self.naive.limits.pop(place, None)
        else:
            self.naive.limits[place] = limit

    async def set_bands(self, node: str, bands: dict[int, int]) -> None:
        """Bands are replaced; by people who manage the node."""
        able = {bound: person for bound, person in bands.items() if self.naive.covers(person, node)}
        async with self.database.write() as session:
            wanted = [(bound, self.people[person].id) for bound, person in able.items()]
            await service.bands_set(self.work(session), self.accounts[node].id, wanted)
        self.naive.bands[node] = able

    async def stand_in(self, giver: int, to: int, minutes: int) -> None:
        """Somebody stands in for another for a while, whether they manage enough or not."""
        if giver != to:
            self.naive.stand_ins.append((giver, to, self.naive.now + minutes))
            async with self.database.write() as session:
                session.add(
                    ApprovalDelegation(
                        id=uuid7(), organization_id=self.organization_id, from_person_id=self.people[giver].id, to_person_id=self.people[to].id,
                        valid_from=self.at, valid_to=self.at + timedelta(minutes=minutes),
                    )
                )  # fmt: skip

    async def check(self) -> None:
        """The books of both agree."""
        async with self.database.read() as session:
            rows = (await session.scalars(select(Budget).where(Budget.organization_id == self.organization_id))).all()
        found = {row.subject_id: (row.spent, row.committed) for row in rows if row.amount is not None}
        naive = self.naive
        places = {self.subject(place).id: (naive.spent.get(place, 0), naive.held.get(place, 0)) for place in naive.limits}
        assert found == places


async def begun(database: Database) -> Spree:
    """A company of four accounts, a cost centre and six people who manage nothing yet."""
    at, organization_id, accounts = NOW - timedelta(days=30), uuid7(), dict[str, Account]()
    async with database.write() as session:
        await make_organization(session, id=organization_id, name="Spree", legal_id=f"{organization_id.int % 10**11:011}", at=at)
        for name, parent in PARENT.items():
            accounts[name] = await make_account(
                session, organization_id, id=uuid7(), number=name, name=name, parent_id=accounts[parent].id if parent else None,
                payment_mode=PaymentMode.POSTPAID, at=at,
            )  # fmt: skip
        centre = CostCentre(id=uuid7(), organization_id=organization_id, code="CC", name="CC")
        people = [Person(id=uuid7(), name=f"P{index}", name_fold=f"p{index}", created_at=at) for index in range(PEOPLE)]
        session.add_all([centre, *people])
    return Spree(database, organization_id, accounts, centre.id, people)


async def run(spree: Spree, steps: Sequence[Step]) -> None:
    """Plays a course of steps and compares the books after each; a number chooses what happens, four more to whom and how much."""
    for person, node, chief in ((0, "root", True), (1, "root", True), (2, "sales", False), (3, "field", False)):
        await spree.appoint(person, node, chief)
    for kind, a, b, c, d in steps:
        node, person, other = NODES[a % 4], b % PEOPLE, c % PEOPLE
        match kind % 16:
            case 0 | 1 | 2 | 3 | 4:
                await spree.buy(person, node, c % 40, d % 2 * (c % 40))
            case 5 | 6 | 7 | 8 | 9:
                await spree.answer(a, person, d % 4 > 0)
            case 10:
                await spree.set_limit((*NODES, CENTRE)[a % 5], b % 80 if d % 6 else None)
            case 11:
                await spree.set_bands(node, {c % 40: person, d % 40: other})
            case 12:
                await spree.stand_in(person, other, d % 30 + 1)
            case 13:
                await (spree.dismiss(person) if d % 3 == 0 else spree.appoint(person, node, d % 3 == 1))
            case 14:
                await spree.withdraw(a)
            case _:
                spree.naive.now += d % 10
        await spree.check()
