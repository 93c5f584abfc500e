"""Making, changing and deleting groups, and naming who manages them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func
from sqlmodel import col, select

from domain.accounts.service import account_for_write
from domain.accounts.tables import Account
from domain.audit.writing import Result, Work
from domain.groups import rules
from domain.groups.queries import IN_PLACE
from domain.groups.tables import PaymentPolicy, PolicyStanding
from domain.jobs.deeds import Decision, Deed, Request, Target
from domain.jobs.service import AT_ONCE, CHUNK, Chosen, numbered
from domain.jobs.states import JobKind
from domain.kernel.errors import AlreadyExists, DomainError, InvalidInput, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.permissions import Role
from domain.kernel.scope import Scope
from domain.kernel.text import fold
from domain.people.queries import is_held
from domain.people.service import Appointment, NamedPerson, grant_membership
from domain.people.tables import Membership, Person
from domain.sims.deciding import cards_of
from domain.sims.selection import SimSelection
from domain.sims.tables import GroupMember, Sim, SimGroup
from domain.sims.transitions import label
from store.models import table_of
from store.session import Session
from store.statements import among
from store.upsert import insert_all

ADD, REMOVE, NAME, MANAGER = "add", "remove", "name", "manager"
"""What a row of an update asks for."""


@dataclass(frozen=True, slots=True)
class Held:
    """A group with the account it belongs to, locked where something will be written."""

    group: SimGroup
    account: Account

    @property
    def ref(self) -> Ref:
        """What changes are about."""
        return Ref(Kind.GROUP, self.group.id)


async def create(
    work: Work, account_id: UUID, *, name: str, manager: NamedPerson | None = None, first: SimSelection | None = None
) -> Result:
    """Makes a group of an account in scope, with the cards that can be in it; the plan names the others; returns `group`.

    Raises `NotFound`, `InvalidInput`, `AlreadyExists` for a name that another group of the account has.
    """
    account = await account_for_write(work.sql, account_id)
    if account is None:
        raise NotFound(field=("accountId",))
    work.scope.require(account.organization_id, account.path, "accountId")
    group = SimGroup(
        id=uuid7(), organization_id=account.organization_id, account_id=account.id, name=rules.name(name), name_fold=fold(name),
        created_at=work.at,
    )  # fmt: skip
    work.within(account.organization_id, account.path, group.id, account.id)
    await _check_name(work.sql, group)
    work.sql.add(group)
    await work.sql.flush()
    work.changed(None, group.name, "name", None, group.name)
    work.changed(None, group.name, "account", None, f"{account.number} {account.name}")
    held = Held(group, account)
    if manager is not None:
        await _appoint(work, held, manager)
    if first is not None:
        await _fill(work, held, first)
    return {"group": group.id}


async def _fill(work: Work, held: Held, first: SimSelection) -> None:
    """Puts the first cards into a group."""
    once = first.at_once
    chosen = Chosen(once) if once is not None else await first.chosen(work.sql, work.scope)
    if len(chosen.targets) > rules.MOST_FIRST:
        raise InvalidInput("groups.first", field=("add",), most=rules.MOST_FIRST)
    work.exclusions += chosen.unknown
    for start in range(0, len(chosen.targets), CHUNK):
        targets = [_marked(target, ADD) for target in chosen.targets[start : start + CHUNK]]
        decision = await _of_cards(work, held, targets)
        work.exclusions += [replace(row, line=index) if chosen.are_lines else row for index, row in decision.left_out.items()]
        await _act(work, decision.acts)
    await first.claim(work)


async def delete_group(work: Work, group_id: UUID) -> Result:
    """Deletes a group, dismisses its manager and forgets who was in it; the cards stay; returns `deleted`. Raises `NotFound`."""
    held = await held_group(work, group_id)
    group = held.group
    work.changed(held.ref, group.name, "name", group.name, None)
    await _dismiss(work, held)
    members = (col(GroupMember.organization_id) == group.organization_id, col(GroupMember.group_id) == group.id)
    await work.sql.execute(delete(GroupMember).where(*members))
    policies = (col(PaymentPolicy.organization_id) == group.organization_id, col(PaymentPolicy.group_id) == group.id)
    for policy in (await work.sql.scalars(select(PaymentPolicy).where(*policies))).all():
        await work.sql.execute(delete(PolicyStanding).where(col(PolicyStanding.policy_id) == policy.id))
        work.changed(Ref(Kind.PAYMENT_POLICY, policy.id), group.name, "isActive", policy.is_active, None)
        await work.sql.delete(policy)
    await work.sql.flush()
    await work.sql.delete(group)
    return {"deleted": group.id}


async def appoint(work: Work, wanted: Appointment) -> Result:
    """Appoints a group's manager for a time: `membership` and `person`. Raises what `grant_membership` raises."""
    if wanted.group_id is None:
        raise InvalidInput("people.group_needed", field=("groupId",))
    held = await held_group(work, wanted.group_id)
    if held.group.organization_id != wanted.organization_id or wanted.account_id not in (None, held.account.id):
        raise NotFound(field=("groupId",))
    return await grant_membership(work, replace(wanted, account_id=held.account.id))


@dataclass(frozen=True)
class GroupChange:
    """What is to change of a group: its name, its manager (`None` dismisses) and its cards; each change is a row."""

    name: str | None = None
    manager: NamedPerson | None = None
    dismisses: bool = False
    add: SimSelection | None = None
    remove: SimSelection | None = None

    def _own(self) -> list[Target]:
        """The rows about the group itself."""
        rows: list[Mapping[str, Any]] = []
        if self.name is not None:
            rows.append({"do": NAME, "name": rules.name(self.name)})
        if self.manager is not None or self.dismisses:
            one = self.manager
            rows.append({"do": MANAGER, "person": [one.name, one.mobile, one.email] if one else None})
        if not rows and self.add is None and self.remove is None:
            raise InvalidInput("groups.nothing")
        return [Target(index, str(row["do"]), None, row) for index, row in enumerate(rows, 1)]

    @property
    def _cards(self) -> list[tuple[SimSelection, str]]:
        return [(cards, do) for cards, do in ((self.add, ADD), (self.remove, REMOVE)) if cards is not None]

    @cached_property
    def at_once(self) -> Sequence[Target] | None:
        """The rows when there are at most 100, each card named by its id."""
        named = [(cards.at_once, do) for cards, do in self._cards]
        if any(targets is None for targets, _ in named):
            return None
        rows = [_marked(target, do) for targets, do in named for target in targets or ()] + self._own()
        return [_at(target, place) for place, target in enumerate(rows, 1)] if len(rows) <= AT_ONCE else None

    async def chosen(self, session: Session, scope: Scope) -> Chosen:
        """The cards first, so that the lines of a file keep their numbers."""
        parts = [(await cards.chosen(session, scope), do) for cards, do in self._cards]
        cards = numbered([(chosen, {"do": do}) for chosen, do in parts])
        last = max([target.index for target in cards.targets] + [row.line or 0 for row in cards.unknown], default=0)
        own = [_at(target, last + target.index) for target in self._own()]
        return Chosen([*cards.targets, *own], cards.unknown, cards.are_lines)

    async def claim(self, work: Work) -> None:
        """Uploads serve once."""
        for cards, _ in self._cards:
            await cards.claim(work)


def update_request(group_id: UUID) -> Request:
    """What all rows of an update ask for."""
    return {"group": group_id.hex}


def _marked(target: Target, do: str) -> Target:
    return Target(target.index, target.label, target.subject_id, {"do": do})


def _at(target: Target, index: int) -> Target:
    return Target(index, target.label, target.subject_id, target.payload)


@dataclass(frozen=True, slots=True)
class _Act:
    """One change of a group, with the card it is about or what it asks for."""

    held: Held
    do: str
    sim_id: UUID | None = None
    payload: Mapping[str, Any] | None = None


async def _decide(work: Work, request: Request, targets: Sequence[Target]) -> Decision:
    """Decides about changes of a group, which has to be in scope."""
    held = await held_group(work, UUID(request["group"]))
    decision = await _of_cards(work, held, [target for target in targets if target.subject_id is not None])
    for target in targets:
        if target.subject_id is None:
            try:
                decision.acts.append(await _of_group(work, held, target.payload or {}))
            except DomainError as error:
                decision.leave_out(target, error, subject=held.ref, label=held.group.name)
    return decision


async def _of_group(work: Work, held: Held, asked: Mapping[str, Any]) -> _Act:
    """A new name, or another manager."""
    group = held.group
    if asked["do"] == NAME:
        name = rules.name(asked["name"])
        if name == group.name:
            raise InvalidInput("groups.nothing", field=("name",))
        await _check_name(work.sql, group, name)
        work.changed(held.ref, group.name, "name", group.name, name)
    else:
        now = await _manager_name(work, group.id)
        person = asked["person"]
        if person is None and now is None:
            raise InvalidInput("groups.nothing", field=("manager",))
        work.changed(held.ref, group.name, "manager", now, person[0] if person else None)
    return _Act(held, asked["do"], payload=asked)


async def _of_cards(work: Work, held: Held, targets: Sequence[Target]) -> Decision:
    """Which cards join a group or leave it."""
    group, account = held.group, held.account
    cards = await cards_of(work, targets)
    groups = await _groups_of(work.sql, group.organization_id, list(cards))
    put_in = await _put_in(work.sql, group, list(cards))
    decision = Decision()
    for target in targets:
        card = cards.get(target.subject_id) if target.subject_id else None
        if card is None or card.organization_id != group.organization_id:
            decision.leave_out(target, NotFound(field=("sims", "ids")))
            continue
        do = (target.payload or {})["do"]
        is_in = card.id in put_in and card.path.startswith(account.path)
        refusal = (
            rules.refusal_to_add(card.path, account.path, is_in=is_in, groups=groups[card.id])
            if do == ADD
            else rules.refusal_to_remove(is_in=is_in)
        )
        if refusal is not None:
            decision.leave_out(target, refusal, subject=Ref(Kind.SIM, card.id), label=label(card))
            continue
        put_in ^= {card.id}
        work.within(card.organization_id, card.path, card.id)
        work.changed(Ref(Kind.SIM, card.id), label(card), "groups", *((None, group.name) if do == ADD else (group.name, None)))
        decision.acts.append(_Act(held, do, card.id))
    return decision


async def _act(work: Work, acts: Sequence[_Act]) -> None:
    """Carries changes through; all are of one group."""
    if not acts:
        return
    group = acts[0].held.group
    added, removed = ([act.sim_id for act in acts if act.do == do] for do in (ADD, REMOVE))
    if removed:
        gone = (col(GroupMember.organization_id) == group.organization_id, col(GroupMember.group_id) == group.id)
        await (await work.sql.connection()).execute(
            delete(table_of(GroupMember)).where(*gone, among(col(GroupMember.sim_id), "ids")), {"ids": removed}
        )
    rows = [{"organization_id": group.organization_id, "group_id": group.id, "sim_id": sim_id} for sim_id in added]
    if rows:
        await insert_all(work.sql, GroupMember, rows, ignores_known=True)
    for act in acts:
        asked = act.payload or {}
        if act.do == NAME:
            group.name, group.name_fold = asked["name"], fold(asked["name"])
        elif act.do == MANAGER:
            await _dismiss(work, act.held, is_told=False)
            if asked["person"] is not None:
                await _appoint(work, act.held, NamedPerson(*asked["person"]))
    await work.sql.flush()


UPDATE = Deed("groupUpdate", JobKind.SIM_CHANGE, Kind.SIM, "sims", _decide, _act)


async def held_group(work: Work, group_id: UUID) -> Held:
    """A group of an account in scope; raises `NotFound`."""
    statement: Select[Any] = select(SimGroup, Account).join(Account, col(Account.id) == col(SimGroup.account_id))  # type: ignore[assignment]
    statement = work.scope.limit(statement.where(col(SimGroup.id) == group_id), col(Account.organization_id), col(Account.path))
    if not work.is_looking:
        statement = statement.with_for_update(of=SimGroup)
    found = (await work.sql.execute(statement.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise NotFound(field=("groupId",))
    held = Held(*found)
    work.within(held.account.organization_id, held.account.path, held.group.id)
    return held


async def _check_name(session: Session, group: SimGroup, name: str | None = None) -> None:
    """Raises `AlreadyExists` when another group of the account is called so."""
    same = (col(SimGroup.organization_id) == group.organization_id, col(SimGroup.account_id) == group.account_id)
    called = select(col(SimGroup.id)).where(*same, col(SimGroup.name_fold) == fold(name or group.name), col(SimGroup.id) != group.id)
    if (await session.scalars(called)).first() is not None:
        raise AlreadyExists("groups.name_taken", field=("name",))


async def _appoint(work: Work, held: Held, person: NamedPerson) -> None:
    """Names who manages a group from now on."""
    await grant_membership(
        work, Appointment(person, Role.GROUP_MANAGER, held.group.organization_id, held.account.id, group_id=held.group.id)
    )


async def _dismiss(work: Work, held: Held, *, is_told: bool = True) -> None:
    """Ends the roles of whoever manages a group, those to come as well."""
    open_ended = col(Membership.valid_to).is_(None) | (col(Membership.valid_to) > work.at)
    roles = await work.sql.scalars(select(Membership).where(col(Membership.group_id) == held.group.id, open_ended))
    now = await _manager_name(work, held.group.id) if is_told else None
    for role in roles.all():
        role.valid_to = max(work.at, role.valid_from)
        work.subjects.update((role.id, role.person_id))
    if now is not None:
        work.changed(held.ref, held.group.name, "manager", now, None)
    await work.sql.flush()


async def _manager_name(work: Work, group_id: UUID) -> str | None:
    held = select(col(Person.name)).join(Membership, col(Membership.person_id) == col(Person.id))
    return (await work.sql.scalars(held.where(col(Membership.group_id) == group_id, is_held(work.at)))).first()


async def _put_in(session: Session, group: SimGroup, sim_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these cards were put into a group."""
    of_group = (col(GroupMember.organization_id) == group.organization_id, col(GroupMember.group_id) == group.id)
    rows = select(col(GroupMember.sim_id)).where(*of_group, among(col(GroupMember.sim_id), "ids"))
    return set(await session.scalars(rows, {"ids": sim_ids}))


async def _groups_of(session: Session, organization_id: UUID, sim_ids: Sequence[UUID]) -> Counter[UUID]:
    """In how many groups each of these cards is."""
    columns: tuple[Any, ...] = (GroupMember.sim_id, func.count())
    statement: Any = select(*columns).select_from(SimGroup).join(Account, col(Account.id) == col(SimGroup.account_id))
    statement = statement.join(GroupMember, col(GroupMember.group_id) == col(SimGroup.id)).join(Sim, IN_PLACE)
    statement = statement.where(col(GroupMember.organization_id) == organization_id, among(col(GroupMember.sim_id), "ids"))
    found = await session.execute(statement.group_by(col(GroupMember.sim_id)), {"ids": sim_ids})
    return Counter({row[0]: row[1] for row in found})


