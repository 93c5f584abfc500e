"""Orders over a band or a budget: held with their money, carried out by the right answer, and given up on every other way out."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from auth.actor import Actor
from domain.accounts.tables import CostCentre
from domain.approvals import deciding, queries, rounds
from domain.approvals.queries import ApprovalRow
from domain.approvals.spending import set_daily_budget
from domain.approvals.tables import Approval, ApprovalState, Budget, Spending, TokenDay
from domain.audit.tables import AuditEntry
from domain.audit.writing import Command, Done, carry_out
from domain.kernel.errors import BudgetExceeded, DomainError, InsufficientFunds, NotEligible, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import ApprovalReason, MutationMode, PlanStale
from domain.kernel.scope import ActorRef, Reach
from domain.orders import held
from domain.orders.tables import OrderState
from domain.people.tables import Membership, Person
from domain.sims.tables import Sim, SimStatus
from domain.wallet.tables import LedgerAccount, LedgerTransfer
from store import outbox
from store.models import table_of
from tests.approvals import appoint, budget_of, set_bands, set_budget, stand_in
from tests.domain.orders.shop import GROSS, OPENING, Shop
from tests.world import NOW, manager

S = OrderState


class Company:
    """A shop whose first company has a second profile manager, who buys, and in whose wallet of sales there is money."""

    def __init__(self, shop: Shop, buyer: Person) -> None:
        self.shop, self.one, self.database = shop, shop.one, shop.database
        self.sara = shop.one.as_profile_manager()
        self.omid = shop.one.as_account_manager()
        self.buyer = manager(buyer, Role.PROFILE_MANAGER, Reach(shop.one.id))
        self.lines = [sim.id for sim in shop.one.sims]
        shop.handlers = {**shop.handlers, **rounds.handlers(shop.database, shop.post, shop.clock)}

    @classmethod
    async def opened(cls, shop: Shop) -> "Company":
        return cls(shop, await appoint(shop.database, shop.one, "Bahar", Role.PROFILE_MANAGER, "root"))

    async def buy(self, *places: int, actor: Actor | None = None, **changes: object) -> Done:
        return await self.shop.buy(*(self.lines[place] for place in places or (0,)), actor=actor or self.buyer, **changes)  # type: ignore[arg-type]

    async def approval(self, done: Done) -> ApprovalRow:
        assert done.result is not None
        async with self.database.read() as session:
            (row,) = await queries.approvals_of_subjects(session, [(self.one.id, done.result["order"])])
        assert row is not None
        return row

    async def answer(
        self, done: Done, who: Actor, *, is_granted: bool = True, mode: MutationMode = MutationMode.APPLY, key: UUID | None = None,
        plan_token: str | None = None, note: str | None = None,
    ) -> Done:  # fmt: skip
        approval, at = await self.approval(done), self.shop.clock.now()
        command = Command("approvalDecide", mode, f"{is_granted}{note}", plan_token, key or uuid4())
        scope = who.scope(Permission.APPROVAL_DECIDE, at)
        return await carry_out(self.database, scope, command, lambda work: deciding.decide(work, approval.id, is_granted, note), at=at)

    async def cancel(self, done: Done, who: Actor | None = None, item_ids: list[UUID] | None = None) -> Done:
        assert done.result is not None
        order_id, at = done.result["order"], self.shop.clock.now()
        scope = (who or self.buyer).scope(Permission.ORDER_PLACE, at)
        command = Command("orderCancel", MutationMode.APPLY, "", None, uuid4())
        return await carry_out(self.database, scope, command, lambda work: held.cancel(work, order_id, item_ids), at=at)

    async def inbox(self, who: Actor, *states: ApprovalState) -> list[UUID]:
        at = self.shop.clock.now()
        async with self.database.read() as session:
            scope, wanted = who.scope(Permission.APPROVAL_DECIDE, at), states or (ApprovalState.PENDING,)
            page = await queries.inbox_page(session, scope, who.person_id, wanted, Window.of(10, None, None, None), at=at)
            assert await queries.inbox_count(session, scope, who.person_id, wanted, at=at) == len(page.rows)
        return [row.subject.id for row in page.rows]

    async def held(self) -> int:
        async with self.database.read() as session:
            return (await session.execute(select(LedgerAccount.held).where(LedgerAccount.id == self.one.wallets["root"]))).scalar_one()

    async def used(self, subject: str | UUID = "root") -> tuple[int, int]:
        budget = await budget_of(self.database, subject if isinstance(subject, UUID) else self.one.accounts[subject].id)
        assert budget is not None
        return budget.spent, budget.committed

    async def dismiss(self, person_id: UUID) -> None:
        async with self.database.write() as session:
            for row in (await session.scalars(select(Membership).where(Membership.person_id == person_id))).all():
                row.valid_to = self.shop.clock.now()


async def test_below_the_band_nothing_waits(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_bands(shop.database, company.one, "root", (2 * GROSS, company.sara.person_id))

    small, large = await company.buy(0), await company.buy(1, 3)

    assert (await shop.order(small)).state == S.ACKNOWLEDGED
    assert (await shop.order(large)).state == S.HELD
    assert small.plan.approvals == [] and [need.reason for need in large.plan.approvals] == [ApprovalReason.AMOUNT]


async def test_over_the_band_it_waits_and_nothing_is_provisioned(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))
    planned = await company.buy(0, 1, mode=MutationMode.PLAN)
    done = await company.buy(0, 1, plan_token=planned.plan.token)
    await shop.work()

    (need,) = planned.plan.approvals
    assert (need.reason, need.approver_ids, need.amount.minor if need.amount else 0) == (ApprovalReason.AMOUNT, (company.sara.person_id,), 2 * GROSS)
    order, approval = await shop.order(done), await company.approval(done)
    assert (order.state, {item.state for item in await shop.items(done)}, await shop.timeline(done)) == (S.HELD, {S.HELD}, [S.HELD])
    assert (shop.network.told, await shop.balance(), await company.held()) == ([], OPENING, 2 * GROSS)
    assert (approval.state, approval.due_at - NOW) == (ApprovalState.PENDING, timedelta(days=3))
    assert [change.field for change in approval.plan.changes] == ["products", "products", "held"]
    assert await company.inbox(company.sara) == [order.id]
    assert await company.inbox(company.omid) == await company.inbox(company.buyer) == []
    assert [(mail.to, "Bahar" in mail.text) for mail in shop.post.sent.values()] == [("s0@example.com", True)]
    assert await shop.faults() == []


async def test_granted_it_is_paid_delivered_and_told(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_budget(shop.database, company.one, "root", 100_000_000)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))
    done = await company.buy(0, 1)
    assert await company.used() == (0, 2 * GROSS)

    planned = await company.answer(done, company.sara, mode=MutationMode.PLAN)
    assert (await shop.order(done)).state == S.HELD
    key = uuid4()
    answered = await company.answer(done, company.sara, plan_token=planned.plan.token, key=key, note="go")
    again = await company.answer(done, company.sara, key=key, note="go")
    await shop.work()

    assert again.is_replay and answered.plan.changes == planned.plan.changes
    assert (await shop.order(done)).state == S.COMPLETED
    assert await shop.timeline(done) == [S.HELD, S.ACKNOWLEDGED, S.IN_PROGRESS, S.COMPLETED]
    assert (await shop.balance(), await company.held(), await company.used()) == (OPENING - 2 * GROSS, 0, (2 * GROSS, 0))
    approval = await company.approval(done)
    assert (approval.state, approval.note, approval.decided_by and approval.decided_by.label) == (ApprovalState.APPROVED, "go", "Sara Karimi")
    async with shop.database.read() as session:
        transfer = (await session.scalars(select(LedgerTransfer).where(LedgerTransfer.cause_id == (await shop.order(done)).id))).first()
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "approvalDecide"))).one()
    assert transfer is not None
    buyer, answerer = ActorRef.from_json(transfer.by), ActorRef.from_json(entry.by)
    assert (buyer.label, buyer.approval_id) == ("Bahar", approval.id)
    assert (answerer.label, answerer.approval_id) == ("Sara Karimi", approval.id)
    assert await shop.faults() == []


async def test_every_other_way_out_gives_everything_back(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_budget(shop.database, company.one, "root", 100_000_000)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))
    refused, withdrawn, silent = await company.buy(0), await company.buy(1), await company.buy(3)
    assert (await company.held(), await company.used()) == (3 * GROSS, (0, 3 * GROSS))

    await company.answer(refused, company.sara, is_granted=False, note="too dear")
    await company.cancel(withdrawn)
    shop.clock.move(timedelta(days=4))
    with pytest.raises(StateConflict):
        await company.answer(silent, company.sara)
    async with shop.database.write() as session:
        await outbox.send(session, rounds.ROUND_KIND, {}, subject=rounds.ROUND_KIND, at=shop.clock.now())
    await shop.work()

    assert [(await shop.order(one)).state for one in (refused, withdrawn, silent)] == [S.REJECTED, S.CANCELLED, S.REJECTED]
    assert [(await company.approval(one)).state for one in (refused, withdrawn, silent)] == ["REJECTED", "CANCELLED", "EXPIRED"]
    assert (await company.held(), await company.used(), await shop.balance()) == (0, (0, 0), OPENING)
    assert shop.network.told == []
    for one in (refused, withdrawn, silent):
        with pytest.raises(StateConflict):
            await company.answer(one, company.sara)
        with pytest.raises(StateConflict):
            await company.cancel(one)
    assert (await company.held(), await company.used(), await shop.faults()) == (0, (0, 0), [])


async def test_the_wrong_people_cant_answer(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))
    done = await company.buy(0)
    token = Actor(ActorRef(uuid7(), "ERP", company.sara.person_id, uuid7()), company.sara.grants)

    for who, error in (
        (company.buyer, NotEligible), (company.omid, NotFound), (shop.tenants.other.as_profile_manager(), NotFound), (token, NotEligible),
    ):  # fmt: skip
        with pytest.raises(error):
            await company.answer(done, who)
    assert (await shop.order(done)).state == S.HELD


async def test_nobody_decides_their_own_and_the_next_one_is_asked(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))

    done = await company.buy(0, actor=company.sara)

    with pytest.raises(NotEligible):
        await company.answer(done, company.sara)
    assert await company.inbox(company.buyer) == [(await shop.order(done)).id]
    await company.answer(done, company.buyer)
    assert (await shop.order(done)).state == S.ACKNOWLEDGED


async def test_with_nobody_who_could_approve_it_is_refused(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))
    await company.dismiss(company.buyer.person_id)

    with pytest.raises(BudgetExceeded) as failure:
        await company.buy(0, actor=company.sara)

    assert (failure.value.required.minor, failure.value.available.minor, failure.value.budget) == (GROSS, GROSS - 1, None)
    assert (await company.held(), await shop.counts()) == (0, await shop.counts())


async def test_who_left_is_followed_by_the_next(shop: Shop) -> None:
    company = await Company.opened(shop)
    chief = await appoint(shop.database, company.one, "Chief", Role.ACCOUNT_MANAGER, "root")
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id), (100 * GROSS, chief.id))
    done = await company.buy(0)
    await company.dismiss(company.sara.person_id)
    shop.clock.move(timedelta(minutes=1))

    with pytest.raises(NotEligible):
        await company.answer(done, company.sara)
    assert await rounds.follow_roles(shop.database, at=shop.clock.now()) == 1
    acting = manager(chief, Role.ACCOUNT_MANAGER, Reach(company.one.id, company.one.accounts["root"].path))
    assert await company.inbox(acting) == [(await shop.order(done)).id]
    await company.answer(done, acting)
    assert (await shop.order(done)).state == S.ACKNOWLEDGED


async def test_a_stand_in_answers_until_the_end_of_their_time(shop: Shop) -> None:
    company = await Company.opened(shop)
    deputy = await appoint(shop.database, company.one, "Deputy", Role.PROFILE_MANAGER, "root")
    acting = manager(deputy, Role.PROFILE_MANAGER, Reach(company.one.id))
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))
    await stand_in(shop.database, company.sara, deputy.id, NOW + timedelta(hours=2))
    first, second = await company.buy(0), await company.buy(1)

    assert len(await company.inbox(acting)) == 2
    await company.answer(first, acting)
    shop.clock.move(timedelta(hours=2))
    assert await company.inbox(acting) == []
    with pytest.raises(NotEligible):
        await company.answer(second, acting)
    assert [(await shop.order(one)).state for one in (first, second)] == [S.ACKNOWLEDGED, S.HELD]


async def test_over_a_budget_it_waits_for_whoever_manages_the_budget(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_budget(shop.database, company.one, "root", 3 * GROSS)
    first = await company.buy(0, 1)
    over = await company.buy(3, 4)

    assert [(await shop.order(one)).state for one in (first, over)] == [S.ACKNOWLEDGED, S.HELD]
    assert (await company.approval(over)).reason is ApprovalReason.BUDGET
    assert await company.used() == (2 * GROSS, 0)  # what would pass it takes nothing of it while it waits
    third = await company.buy(5)
    assert ((await shop.order(third)).state, await company.used()) == (S.ACKNOWLEDGED, (3 * GROSS, 0))
    await company.answer(over, company.sara)
    assert ((await shop.order(over)).state, await company.used()) == (S.ACKNOWLEDGED, (5 * GROSS, 0))


async def test_all_budgets_of_the_path_and_of_cost_centres_count(shop: Shop) -> None:
    company = await Company.opened(shop)
    centre = CostCentre(id=uuid7(), organization_id=company.one.id, code="CC-1", name="Fair")
    async with shop.database.write() as session:
        session.add(centre)
        await session.flush()
        (await session.get_one(Sim, company.lines[0])).cost_centre_id = centre.id
    await set_budget(shop.database, company.one, "root", 10 * GROSS)
    await set_budget(shop.database, company.one, Ref(Kind.COST_CENTRE, centre.id), GROSS)

    first, second = await company.buy(0, 1), await company.buy(0, 3)

    assert [(await shop.order(one)).state for one in (first, second)] == [S.ACKNOWLEDGED, S.HELD]
    assert (await company.used(), await company.used(centre.id)) == ((2 * GROSS, 2 * GROSS), (GROSS, 0))
    assert [item.cost_centre_id for item in await shop.items(second)] == [centre.id, None]
    await company.answer(second, company.sara)
    assert (await company.used(), await company.used(centre.id)) == ((4 * GROSS, 0), (2 * GROSS, 0))


async def test_a_budget_set_meanwhile_is_kept_as_well(shop: Shop) -> None:
    company = await Company.opened(shop)
    chief = await appoint(shop.database, company.one, "Chief", Role.ACCOUNT_MANAGER, "root")
    acting = manager(chief, Role.ACCOUNT_MANAGER, Reach(company.one.id, company.one.accounts["root"].path))
    await set_bands(shop.database, company.one, "root", (GROSS, chief.id))
    done = await company.buy(0, 1)
    centre = CostCentre(id=uuid7(), organization_id=company.one.id, code="CC-1", name="Fair")
    async with shop.database.write() as session:
        session.add(centre)
    await set_budget(shop.database, company.one, "root", GROSS, actor=company.sara)

    planned = await company.answer(done, acting, mode=MutationMode.PLAN)

    assert planned.plan.approvals == []
    await company.dismiss(company.sara.person_id)
    await company.answer(done, acting)
    assert await company.used() == (2 * GROSS, 0)


async def test_refunded_items_come_back_into_the_budget(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_budget(shop.database, company.one, "root", 10 * GROSS)
    shop.network.refuses = {company.one.sims[0].msisdn or ""}
    done = await company.buy(0, 1)
    await shop.work()

    assert (await shop.order(done)).state == S.PARTIAL
    assert await company.used() == (GROSS, 0)


async def test_lines_that_can_no_longer_have_it_are_left_out(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_budget(shop.database, company.one, "root", 10 * GROSS)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))
    done, other = await company.buy(0, 1), await company.buy(3)
    async with shop.database.write() as session:
        for place in (0, 3):
            (await session.get_one(Sim, company.lines[place])).status = SimStatus.BLOCKED

    answered = await company.answer(done, company.sara)
    with pytest.raises(NotEligible):
        await company.answer(other, company.sara)
    await shop.work()

    assert [reason.reason.message_key for reason in answered.plan.exclusions] == ["orders.barred"]
    order = await shop.order(done)
    assert (order.state, order.refunded, [item.state for item in await shop.items(done)]) == (S.PARTIAL, GROSS, [S.FAILED, S.COMPLETED])
    assert (await shop.balance(), await company.held(), await company.used()) == (OPENING - GROSS, GROSS, (GROSS, GROSS))
    assert (await company.approval(other)).state == ApprovalState.PENDING


async def test_the_plan_of_an_answer_goes_stale(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))
    done = await company.buy(0, 1)
    planned = await company.answer(done, company.sara, mode=MutationMode.PLAN)
    async with shop.database.write() as session:
        (await session.get_one(Sim, company.lines[0])).status = SimStatus.BLOCKED

    with pytest.raises(PlanStale):
        await company.answer(done, company.sara, plan_token=planned.plan.token)
    assert (await shop.order(done)).state == S.HELD


async def test_the_plan_of_an_order_names_the_approver(shop: Shop) -> None:
    company = await Company.opened(shop)
    planned = await company.buy(0, mode=MutationMode.PLAN)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))

    with pytest.raises(PlanStale) as stale:
        await company.buy(0, plan_token=planned.plan.token)
    assert [need.approver_ids for need in stale.value.plan.approvals] == [(company.sara.person_id,)]


async def test_what_the_carrier_hasnt_begun_is_withdrawn(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_budget(shop.database, company.one, "root", 10 * GROSS)
    done = await company.buy(0, 1, 3)
    first, *others = await shop.items(done)

    await company.cancel(done, item_ids=[first.id])
    assert (await shop.order(done)).state == S.ACKNOWLEDGED
    with pytest.raises(StateConflict):
        await company.cancel(done, item_ids=[first.id])
    await shop.work()

    assert [item.state for item in await shop.items(done)] == [S.CANCELLED, S.COMPLETED, S.COMPLETED]
    assert ((await shop.order(done)).state, len(shop.network.told)) == (S.PARTIAL, 2)
    assert (await shop.balance(), await company.used(), await shop.faults()) == (OPENING - 2 * GROSS, (2 * GROSS, 0), [])
    with pytest.raises(StateConflict):
        await company.cancel(done, item_ids=[others[0].id])
    whole = await company.buy(5)
    await company.cancel(whole)
    assert (await shop.order(whole)).state == S.CANCELLED


async def test_thresholds_are_told_once_a_month(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_budget(shop.database, company.one, "root", 10 * GROSS)
    for place in (0, 1, 3, 4, 5, 7, 8):
        await company.buy(place)
    await shop.work()
    assert [mail.subject for mail in shop.post.sent.values() if "udget" in mail.subject] == []

    shop.network.refuses = {company.one.sims[9].msisdn or ""}
    await company.buy(9)  # eighty percent, and back below once it is refused
    await shop.work()
    await company.buy(11, 0)  # ninety
    await shop.work()

    told = sorted(mail.subject for mail in shop.post.sent.values() if "udget" in mail.subject or "بودجه" in mail.subject)
    assert len(told) == 2 * 2  # both managers of the whole, at 75 and at 90 percent
    budget = await budget_of(shop.database, company.one.accounts["root"].id)
    assert budget is not None and (budget.told, budget.spent) == (90, 9 * GROSS)


async def test_money_on_hold_is_spent_by_nobody_else(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))
    async with shop.database.write() as session:
        await session.execute(
            table_of(LedgerAccount).update().where(col(LedgerAccount.id) == company.one.wallets["root"]).values(floor=OPENING - GROSS)
        )
    await company.buy(0)

    with pytest.raises(InsufficientFunds):
        await company.buy(1)


async def test_fifty_at_once_never_pass_a_budget(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_budget(shop.database, company.one, "root", 7 * GROSS)
    places = [0, 1, 3, 4, 5, 7, 8, 9, 11]

    outcomes = await asyncio.gather(*(company.buy(places[turn % len(places)]) for turn in range(50)), return_exceptions=True)

    done = [one for one in outcomes if isinstance(one, Done)]
    faults = [one for one in outcomes if not isinstance(one, Done | DomainError)]
    states = [(await shop.order(one)).state for one in done]
    assert faults == []
    assert states.count(S.ACKNOWLEDGED) == 7 and set(states) <= {S.ACKNOWLEDGED, S.HELD}
    assert await company.used() == (7 * GROSS, 0)
    assert (await shop.balance(), await company.held()) == (OPENING - 7 * GROSS, states.count(S.HELD) * GROSS)
    assert await shop.faults() == []


async def test_one_answer_out_of_many_at_once(shop: Shop) -> None:
    company = await Company.opened(shop)
    await set_budget(shop.database, company.one, "root", 10 * GROSS)
    await set_bands(shop.database, company.one, "root", (GROSS, company.sara.person_id))
    done = await company.buy(0)

    ways = [company.answer(done, company.sara, is_granted=bool(turn % 2)) for turn in range(8)] + [company.cancel(done) for _ in range(4)]
    outcomes = await asyncio.gather(*ways, return_exceptions=True)

    assert len([one for one in outcomes if isinstance(one, Done)]) in (1, 2)  # granted, it may still be withdrawn
    assert {type(one) for one in outcomes} <= {Done, StateConflict}
    order, held_now, used = await shop.order(done), await company.held(), await company.used()
    is_sold = order.state == S.ACKNOWLEDGED
    assert (held_now, used, await shop.balance()) == (0, (GROSS if is_sold else 0, 0), OPENING - (GROSS if is_sold else 0))
    assert await shop.faults() == []


async def test_a_tokens_day_is_never_passed(shop: Shop) -> None:
    company = await Company.opened(shop)
    token_id = uuid7()
    token = Actor(ActorRef(token_id, "ERP", company.buyer.person_id, token_id), company.buyer.grants)
    async with shop.database.write() as session:
        await set_daily_budget(session, company.one.id, token_id, 5 * GROSS)
    places = [0, 1, 3, 4, 5, 7, 8, 9, 11]

    outcomes = await asyncio.gather(*(company.buy(places[turn % len(places)], actor=token) for turn in range(100)), return_exceptions=True)

    kinds: Mapping[type, int] = {kind: sum(type(one) is kind for one in outcomes) for kind in {type(one) for one in outcomes}}
    assert kinds[Done] == 5 and set(kinds) <= {Done, BudgetExceeded, DomainError}
    async with shop.database.read() as session:
        assert (await session.execute(select(func.sum(TokenDay.spent)))).scalar_one() == 5 * GROSS
    shop.clock.move(timedelta(days=1))
    assert (await shop.order(await company.buy(0, actor=token))).state == S.ACKNOWLEDGED


async def test_where_nothing_is_set_nothing_is_kept(shop: Shop) -> None:
    await shop.buy()
    async with shop.database.read() as session:
        for table in (Spending, Budget, Approval):
            assert (await session.execute(select(func.count()).select_from(table))).scalar_one() == 0
