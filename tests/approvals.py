"""Budgets, bands and people for tests of what has to be approved."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from auth.actor import Actor
from domain.approvals import service
from domain.approvals.rules import budget_id
from domain.approvals.service import BudgetWish
from domain.approvals.tables import Budget
from domain.audit.writing import Command, Done, Service, carry_out
from domain.kernel.calendar import JalaliMonth
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import MutationMode
from domain.kernel.text import fold
from domain.people.tables import Membership, Person
from store.session import Database
from tests.world import NOW, Tenant

MONTH = JalaliMonth.of(NOW)


async def write(
    database: Database, actor: Actor, right: Permission, mutation: str, deed: Service, *, at: datetime = NOW,
    mode: MutationMode = MutationMode.APPLY,
) -> Done:  # fmt: skip
    """Does something as somebody."""
    return await carry_out(database, actor.scope(right, at), Command(mutation, mode, ""), deed, at=at)


async def set_budget(
    database: Database, tenant: Tenant, subject: Ref | str, limit: int | None, *, month: JalaliMonth = MONTH,
    thresholds: Sequence[int] = (75, 90, 100), actor: Actor | None = None, at: datetime = NOW, mode: MutationMode = MutationMode.APPLY,
) -> Done:  # fmt: skip
    """A budget of an account by its name in the tests' world, or of a cost centre."""
    of = Ref(Kind.ACCOUNT, tenant.accounts[subject].id) if isinstance(subject, str) else subject
    wish = BudgetWish(of, month, limit, thresholds)
    who = actor or tenant.as_profile_manager()
    return await write(database, who, Permission.BUDGET_MANAGE, "budgetSet", lambda work: service.budget_set(work, wish), at=at, mode=mode)


async def set_bands(
    database: Database, tenant: Tenant, account: str, *bands: tuple[int, UUID], actor: Actor | None = None, at: datetime = NOW
) -> Done:
    """All bands of an account."""
    account_id, who = tenant.accounts[account].id, actor or tenant.as_profile_manager()
    deed = lambda work: service.bands_set(work, account_id, bands)  # noqa: E731 (a name for what is done)
    return await write(database, who, Permission.BUDGET_MANAGE, "approvalBandsSet", deed, at=at)


async def stand_in(
    database: Database, giver: Actor, to: UUID, ends: datetime | None, *, begins: datetime | None = None, at: datetime = NOW
) -> Done:
    """Somebody stands in for a manager."""
    deed = lambda work: service.delegate(work, to, begins, ends)  # noqa: E731 (a name for what is done)
    return await write(database, giver, Permission.APPROVAL_DECIDE, "approvalDelegate", deed, at=at)


async def appoint(
    database: Database, tenant: Tenant, name: str, role: Role, account: str, *, at: datetime = NOW, until: datetime | None = None
) -> Person:
    """One more manager."""
    person = Person(id=uuid7(), name=name, name_fold=fold(name), email=f"{uuid7().hex}@example.com", created_at=at)
    async with database.write() as session:
        session.add(person)
        await session.flush()
        session.add(
            Membership(
                id=uuid7(), organization_id=tenant.id, person_id=person.id, role=role, account_id=tenant.accounts[account].id, valid_from=at,
                valid_to=until,
            )
        )  # fmt: skip
    return person


async def budget_of(database: Database, subject_id: UUID, month: JalaliMonth = MONTH) -> Budget | None:
    """A month's row as it is stored."""
    async with database.read() as session:
        return await session.get(Budget, budget_id(subject_id, str(month)))
