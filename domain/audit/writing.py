"""The one way to write: claim the key, decide, compare with the plan, then act and record, or roll back and show (DESIGN 4 and 9)."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import update
from sqlmodel import col, select

from domain.audit import chain
from domain.audit.tables import IdempotencyKey
from domain.kernel.errors import DomainError, IdempotencyConflict, InvalidInput, NotEligible
from domain.kernel.ids import Ref
from domain.kernel.money import Money, Price
from domain.kernel.plan import ApprovalNeed, BulkErrorPolicy, Change, Exclusion, MutationMode, Plan, PlanStale, Reason, RowsRejected, digest
from domain.kernel.scope import ActorRef, Scope
from store import outbox
from store.session import Database, Session
from store.upsert import insert_or_ignore

Result = Mapping[str, Any]
"""What a service hands back: names of the payload to ids (UUIDs, or lists of them) or plain values. It is what a replay returns."""


@dataclass(frozen=True, slots=True)
class Command:
    """What the caller asked for: which mutation, in which mode, under which plan and key; `fingerprint` is of its other input."""

    mutation: str
    mode: MutationMode
    fingerprint: str
    plan_token: str | None = None
    idempotency_key: UUID | None = None


@dataclass
class Work:
    """One business transaction: the SQL session and everything that was decided in it so far.

    One that `is_looking` decides from a read snapshot and locks nothing. `foreseen` is the plan, with its token, of what is only begun
    here: it is shown in place of the changes, which then say in the audit trail what was begun.
    """

    sql: Session
    scope: Scope
    at: datetime
    mode: MutationMode
    changes: list[Change] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    approvals: list[ApprovalNeed] = field(default_factory=list)
    total: Price | None = None
    reason: str | None = None
    organization_id: UUID | None = None
    paths: set[str] = field(default_factory=set)
    subjects: set[UUID] = field(default_factory=set)
    is_looking: bool = False
    foreseen: Plan | None = None
    entry_id: UUID | None = None
    """The id of the entry in the trail, for a service that tells it; else one is made."""
    approval_id: UUID | None = None
    """The approval that lets it pass, which the entry in the trail names after the person."""

    @property
    def actor(self) -> ActorRef:
        """Who acts, with the approval that lets it pass."""
        return replace(self.scope.actor, approval_id=self.approval_id) if self.approval_id else self.scope.actor

    def within(self, organization_id: UUID, path: str, *subjects: UUID) -> None:
        """Says whose data is written and where in the tree; one write stays inside one organization."""
        if self.organization_id not in (None, organization_id):
            raise NotEligible("error.one_organization")
        self.organization_id = organization_id
        self.paths.add(path)
        self.subjects.update(subjects)

    def changed(self, subject: Ref | None, label: str, field: str, before: object, after: object, *, money: Money | None = None) -> None:
        """Records one change; `field` is the contract's name, values are shown as text, instants in RFC 3339."""
        text = [as_text(value) for value in (before, after)]
        self.changes.append(Change(subject, label, field, text[0], text[1], money))

    def left_out(self, subject: Ref | None, label: str, error: DomainError, *, line: int | None = None) -> None:
        """Records a row that can't be done."""
        self.exclusions.append(Exclusion(subject, label, Reason.of(error), line))

    def settle_exclusions(self, policy: BulkErrorPolicy) -> None:
        """Ends the deciding of rows: REJECT_ALL fails if any was left out; nothing left to do fails under both policies.

        A PLAN shows the exclusions instead of failing.
        """
        nothing_left = bool(self.exclusions) and not self.changes
        if self.mode is MutationMode.APPLY and self.exclusions and (policy is BulkErrorPolicy.REJECT_ALL or nothing_left):
            raise RowsRejected(self.exclusions)

    async def afterwards(
        self, kind: str, payload: Mapping[str, Any], *, subject: str, key: str | None = None, at: datetime | None = None
    ) -> None:
        """Puts work into the outbox, to be done after commit."""
        await outbox.send(self.sql, kind, payload, subject=subject, key=key, at=at or self.at, organization_id=self.organization_id)

    async def afterwards_each(self, letters: Sequence[outbox.Letter]) -> None:
        """Puts many pieces of work into the outbox in one statement."""
        await outbox.send_all(self.sql, letters, organization_id=self.organization_id)


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of a write: its plan, and in APPLY the service's result."""

    plan: Plan
    result: Result | None
    is_replay: bool = False


Service = Callable[[Work], Awaitable[Result]]


def as_text(value: object) -> str | None:
    """A value as a change tells it: instants in RFC 3339, nothing as null."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return None if value is None else str(value)


def fingerprint(values: Mapping[str, Any]) -> str:
    """A digest of an input, independent of the order of its fields."""
    return hashlib.sha256(msgspec.json.encode(values, order="sorted")).hexdigest()


def _stored(value: Any) -> Any:
    if isinstance(value, UUID):
        return {"uuid": value.hex}
    if isinstance(value, list | tuple):
        return [_stored(item) for item in value]
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        return UUID(value["uuid"])
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return value


class _RolledBack(Exception):
    """Ends a PLAN's transaction without a trace."""


async def _replay(session: Session, scope: Scope, command: Command, at: datetime) -> Done | None:
    """Claims the key for this transaction, or finds the first outcome under it."""
    assert command.idempotency_key is not None  # noqa: S101 (checked by the caller)
    place = {"actor_id": scope.actor.id, "mutation": command.mutation, "key": command.idempotency_key}
    if await insert_or_ignore(session, IdempotencyKey, [{**place, "fingerprint": command.fingerprint, "first_used_at": at}]):
        return None
    return _first(command, (await session.scalars(select(IdempotencyKey).filter_by(**place))).one())


def _first(command: Command, row: IdempotencyKey) -> Done:
    """The first outcome under a key; raises `IdempotencyConflict` when it isn't for this."""
    if row.fingerprint != command.fingerprint or row.outcome is None:
        raise IdempotencyConflict(first_used_at=row.first_used_at)
    result = {name: _restored(value) for name, value in row.outcome["result"].items()}
    return Done(Plan.from_json(row.outcome["plan"]), result, is_replay=True)


async def replayed(database: Database, scope: Scope, command: Command) -> Done | None:
    """The first outcome under a command's key, for those who decide much before they write; null when there is none yet."""
    if command.mode is MutationMode.PLAN or command.idempotency_key is None:
        return None
    async with database.read() as session:
        row = await session.get(IdempotencyKey, (scope.actor.id, command.mutation, command.idempotency_key))
    return _first(command, row) if row else None


async def _record(work: Work, command: Command) -> None:
    if work.organization_id is not None:
        await chain.append(
            work.sql, work.organization_id, by=work.actor, action=command.mutation, at=work.at, path=chain.common_path(work.paths),
            changes=work.changes, reason=work.reason, subjects=work.subjects, id=work.entry_id,
        )  # fmt: skip


async def carry_out(database: Database, scope: Scope, command: Command, service: Service, *, at: datetime) -> Done:
    """Runs a service once in one transaction, in PLAN rolled back; the same key twice returns the first outcome.

    Raises `PlanStale` when a plan token is given and the decision differs from it, `IdempotencyConflict` when the key belongs to
    other input, and whatever the service raises; a refused APPLY leaves an entry in the audit trail and nothing else.
    """
    work: Work | None = None
    done: Done | None = None
    try:
        async with database.write() as session:
            if command.mode is MutationMode.APPLY and command.idempotency_key is not None:
                done = await _replay(session, scope, command, at)
                if done is not None:
                    return done
            work = Work(session, scope, at, command.mode)
            result = await service(work)
            await session.flush()
            plan = Plan(work.changes, work.exclusions, work.total, None, approvals=work.approvals)
            shown = work.foreseen or replace(plan, token=digest(scope.actor.id, command.mutation, plan))
            plan = replace(shown, token=None)
            if command.mode is MutationMode.PLAN:
                done = Done(shown, None)
                raise _RolledBack
            if command.plan_token is not None and command.plan_token != shown.token:
                raise PlanStale(shown)
            if command.idempotency_key is not None:
                outcome = {"result": {name: _stored(value) for name, value in result.items()}, "plan": plan.as_json()}
                await session.execute(
                    update(IdempotencyKey)
                    .where(
                        col(IdempotencyKey.actor_id) == scope.actor.id,
                        col(IdempotencyKey.mutation) == command.mutation,
                        col(IdempotencyKey.key) == command.idempotency_key,
                    )
                    .values(outcome=outcome)
                )
            await _record(work, command)
            done = Done(plan, result)
    except _RolledBack:
        pass
    except DomainError as error:
        if command.mode is MutationMode.APPLY and not isinstance(error, InvalidInput):
            await _refused(database, scope, command, work, error, at)
        raise
    assert done is not None  # noqa: S101 (every way to here sets it)
    return done


async def _refused(database: Database, scope: Scope, command: Command, work: Work | None, error: DomainError, at: datetime) -> None:
    """Commits the refusal in a transaction of its own: a rollback never forgives."""
    organization_id = work.organization_id if work else None
    if organization_id is None:
        known: Sequence[UUID] = scope.organization_ids
        organization_id = known[0] if len(known) == 1 else None
    if organization_id is None:
        return
    paths: Iterable[str] = work.paths if work and work.paths else [part.path for part in scope.reach]
    subjects = work.subjects if work else ()
    async with database.write() as session:
        await chain.append(
            session, organization_id, by=scope.actor, action=command.mutation, at=at, path=chain.common_path(paths),
            reason=work.reason if work else None, failure=Reason.of(error), subjects=subjects,
        )  # fmt: skip
