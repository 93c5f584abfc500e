"""One way for one and for many: up to 100 rows act at once, any others are planned in chunks and done by a job (decision 0072)."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from msgspec.structs import replace as replace_row
from sqlmodel import col, select

from domain.audit.chain import common_path
from domain.audit.writing import Command, Done, Result, Work, carry_out, replayed
from domain.jobs.deeds import Deed, Opened, Opening, Request, Target
from domain.jobs.states import OPEN, JobRowState, JobState
from domain.jobs.tables import Job, JobRow
from domain.kernel.errors import DomainError, InvalidInput, NotFound, RateLimited, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Price
from domain.kernel.plan import SHOWN, BulkErrorPolicy, Change, Exclusion, MutationMode, Plan, Reason, RowsRejected
from domain.kernel.scope import Scope
from store.session import Database, Session
from store.upsert import insert_all

AT_ONCE = 100
CHUNK = 500
MOST_ROWS = 200_000
RUN = "jobs.run"
_PLANNING: set[UUID] = set()
"""Actors that this process plans many rows for just now."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of a request in their order, and those of a sent file that name nothing; `are_lines` where places are those of a file."""

    targets: Sequence[Target]
    unknown: Sequence[Exclusion] = ()
    are_lines: bool = False


def numbered(parts: Sequence[tuple[Chosen, Mapping[str, Any]]]) -> Chosen:
    """Several choices as one, the rows of each with what they ask for; each part's places go on from the end of the one before."""
    targets, unknown, base = list[Target](), list[Exclusion](), 0
    for chosen, payload in parts:
        last = max([target.index for target in chosen.targets] + [row.line or 0 for row in chosen.unknown], default=0)
        targets += [replace_row(target, index=target.index + base, payload=payload) for target in chosen.targets]
        unknown += [replace(row, line=(row.line or 0) + base) for row in chosen.unknown]
        base += last
    return Chosen(targets, unknown, are_lines=any(chosen.are_lines for chosen, _ in parts))


class Selection(Protocol):
    """Which rows somebody wants to act on."""

    @property
    def at_once(self) -> Sequence[Target] | None:
        """Up to 100 rows named one by one, which act at once; null for all that is done by a job."""

    async def chosen(self, session: Session, scope: Scope) -> Chosen:
        """The rows, within the scope."""

    async def claim(self, work: Work) -> None:
        """Takes for good what the rows came from, now that a job is made of them."""


@dataclass(frozen=True, slots=True)
class Many:
    """A deed on a selection, with what was asked for all of its rows."""

    deed: Deed
    request: Request
    selection: Selection
    policy: BulkErrorPolicy


async def carry_out_many(database: Database, scope: Scope, command: Command, many: Many, *, at: datetime) -> Done:
    """Plans or does a deed: at once for up to 100 rows, by a job for others; fails as `carry_out` does.

    A job's result is its id as `job`; its plan is what it will do, decided on a snapshot of the store in chunks, of which memory holds
    one at a time. Raises `RateLimited` while the same actor plans another one here.
    """
    if many.selection.at_once is not None:
        return await carry_out(database, scope, command, partial(at_once, many=many), at=at)
    if (done := await replayed(database, scope, command)) is not None:
        return done
    foresight = _Foresight(scope, command)
    failure: DomainError | None = None
    with _alone(scope.actor.id):
        try:
            await _foresee(database, many, foresight, at)
        except DomainError as error:
            failure = error
    if command.mode is MutationMode.PLAN and (failure is not None or many.deed.opens is None or foresight.price is None):
        if failure is not None:
            raise failure
        return Done(foresight.plan, None)
    return await carry_out(database, scope, command, partial(_begin, many=many, foresight=foresight, failure=failure), at=at)


async def at_once(work: Work, many: Many) -> Result:
    """Decides about up to 100 rows in the order asked, then acts on all of them together; returns those done by the deed's name."""
    targets = many.selection.at_once or ()
    decision = await many.deed.decide(work, many.request, targets)
    work.exclusions += decision.left_out.values()
    work.settle_exclusions(many.policy)
    await many.deed.act(work, decision.acts)
    return {many.deed.result: [target.subject_id for target in targets if target.index not in decision.left_out]}


@dataclass
class _Foresight:
    """What a deed on many rows will do, told in chunks: the first changes, the counts, and a digest over everything in order."""

    scope: Scope
    command: Command
    targets: list[Target] = field(default_factory=list)
    unknown: Sequence[Exclusion] = ()
    organization_id: UUID | None = None
    paths: set[str] = field(default_factory=set)
    reason: str | None = None
    changes: list[Change] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    counts: list[int] = field(default_factory=lambda: [0, 0])
    price: Price | None = None
    facts: list[Any] = field(default_factory=list)
    left_out: dict[int, Reason] = field(default_factory=dict)
    """Why rows can't be done, by their places, where only the others are done."""

    def __post_init__(self) -> None:
        self._digest = hashlib.sha256(json.dumps([self.scope.actor.id.hex, self.command.mutation]).encode())

    def saw(self, changes: Sequence[Change], exclusions: Sequence[Exclusion]) -> None:
        """Takes in what was decided next."""
        self.changes += changes[: SHOWN - len(self.changes)]
        self.exclusions += exclusions[: SHOWN - len(self.exclusions)]
        self.counts[0] += len(changes)
        self.counts[1] += len(exclusions)
        rows: tuple[Change | Exclusion, ...] = (*changes, *exclusions)
        for row in rows:
            self._digest.update(json.dumps(row.as_json(), sort_keys=True, default=str).encode())

    @property
    def plan(self) -> Plan:
        """The plan so far, with its token."""
        more = (self.counts[0] - len(self.changes), self.counts[1] - len(self.exclusions))
        return Plan(self.changes, self.exclusions, self.price, self._digest.hexdigest(), more)


@contextmanager
def _alone(actor_id: UUID) -> Iterator[None]:
    """One plan of many rows per actor at a time (DESIGN 9)."""
    if actor_id in _PLANNING:
        raise RateLimited(1)
    _PLANNING.add(actor_id)
    try:
        yield
    finally:
        _PLANNING.discard(actor_id)


async def _foresee(database: Database, many: Many, foresight: _Foresight, at: datetime) -> None:
    """Decides about all rows of a selection on one snapshot of the store."""
    scope = foresight.scope
    async with database.snapshot() as session:
        chosen = await many.selection.chosen(session, scope)
        foresight.targets, foresight.unknown = list(chosen.targets), chosen.unknown
        count = len(chosen.targets) + len(chosen.unknown)
        if not 1 <= count <= MOST_ROWS:
            raise InvalidInput("jobs.selection", field=("sims",), most=MOST_ROWS)
        foresight.saw((), chosen.unknown)
        for start in range(0, len(foresight.targets), CHUNK):
            chunk = foresight.targets[start : start + CHUNK]
            work = Work(session, scope, at, MutationMode.PLAN, organization_id=foresight.organization_id, is_looking=True)
            decision = await many.deed.decide(work, many.request, chunk)
            left_out = decision.left_out.items()
            foresight.facts += [decision.fact] if decision.fact is not None else []
            if decision.price is not None:
                foresight.price = foresight.price + decision.price if foresight.price else decision.price
            if many.deed.opens is not None:
                foresight.left_out |= {index: row.reason for index, row in left_out}
            foresight.saw(work.changes, [replace(row, line=index) if chosen.are_lines else row for index, row in left_out])
            foresight.organization_id, foresight.reason = work.organization_id, work.reason
            foresight.paths |= work.paths
            session.expunge_all()


async def _begin(work: Work, many: Many, foresight: _Foresight, failure: DomainError | None) -> Result:
    """Makes the job of a plan, with its rows; the worker does them after commit."""
    work.reason = foresight.reason
    if foresight.organization_id is not None:
        for path in foresight.paths:
            work.within(foresight.organization_id, path)
    if failure is not None:
        raise failure
    plan, deed = foresight.plan, many.deed
    if plan.exclusions and work.mode is MutationMode.APPLY and (many.policy is BulkErrorPolicy.REJECT_ALL or not plan.changes):
        raise RowsRejected(plan.exclusions, count=plan.exclusion_count)
    assert foresight.organization_id is not None  # noqa: S101 (whatever changes belongs to somebody)
    work.foreseen = plan
    job_id, opened = uuid7(), Opened(many.request, {})
    if deed.opens is not None and foresight.price is not None:
        count = len(foresight.targets) - len(foresight.left_out)
        opened = await deed.opens(work, many.request, Opening(job_id, count, foresight.price, foresight.facts))
        if work.approvals:
            told = json.dumps([plan.token, [need.as_json() for need in work.approvals]], default=str)
            work.foreseen = plan = replace(plan, approvals=tuple(work.approvals), token=hashlib.sha256(told.encode()).hexdigest())
    if work.mode is MutationMode.PLAN:
        return {}
    await many.selection.claim(work)
    job = Job(
        id=job_id, organization_id=foresight.organization_id, path=common_path(work.paths), kind=deed.kind, mutation=deed.mutation,
        request=dict(opened.request), policy=many.policy, actor_id=work.scope.actor.id, by=work.scope.actor.as_json(),
        permission=work.scope.permission, reach=work.scope.places(foresight.organization_id),
        total=len(foresight.targets) + len(foresight.unknown), failed=len(foresight.unknown) + len(foresight.left_out), created_at=work.at,
    )  # fmt: skip
    work.sql.add(job)
    await work.sql.flush()
    await insert_all(work.sql, JobRow, _rows(job, deed, foresight))
    ref = Ref(Kind.JOB, job.id)
    work.changed(ref, job.mutation, "state", None, JobState.QUEUED)
    work.changed(ref, job.mutation, "total", None, job.total)
    if not opened.waits:
        await set_going(work, job)
    return {"job": job.id, **opened.result}


async def set_going(work: Work, job: Job) -> None:
    """Has the worker do a job after commit."""
    await work.afterwards(RUN, {"job_id": job.id.hex}, subject=f"job:{job.id}")


def _rows(job: Job, deed: Deed, foresight: _Foresight) -> Iterator[dict[str, Any]]:
    """The rows of a new job; those that name nothing, or are known to be left out, have failed already."""
    place = {"organization_id": job.organization_id, "job_id": job.id}
    for target in foresight.targets:
        failure = foresight.left_out.get(target.index)
        yield place | {
            "index": target.index, "label": target.label, "subject_kind": deed.about if target.subject_id else None,
            "subject_id": target.subject_id, "payload": target.payload, "state": JobRowState.FAILED if failure else JobRowState.PENDING,
            "failure": failure.as_json() if failure else None,
        }  # fmt: skip
    for row in foresight.unknown:
        yield place | {
            "index": row.line, "label": row.label, "subject_kind": None, "subject_id": None, "payload": None, "state": JobRowState.FAILED,
            "failure": row.reason.as_json(),
        }  # fmt: skip


async def job_for_update(session: Session, job_id: UUID) -> Job:
    """A job, locked; raises `NotFound`."""
    locked = select(Job).where(col(Job.id) == job_id).with_for_update().execution_options(populate_existing=True)
    job = (await session.scalars(locked)).one_or_none()
    if job is None:
        raise NotFound(field=("jobId",))
    return job


async def cancel(work: Work, job_id: UUID) -> Result:
    """Stops a job of the actor's own; rows done stay done; returns `job`. Raises `NotFound`, `StateConflict` when it is over.

    The scope has to be of the right that began it.
    """
    job = await job_for_update(work.sql, job_id)
    if job.actor_id != work.scope.actor.id or job.permission != work.scope.permission or not work.scope.places(job.organization_id):
        raise NotFound(field=("jobId",))
    work.within(job.organization_id, job.path, job.id)
    if job.state not in OPEN:
        raise StateConflict("jobs.over", field=("jobId",))
    work.changed(Ref(Kind.JOB, job.id), job.mutation, "state", job.state, JobState.CANCELLED)
    job.state, job.finished_at, job.expected_at = JobState.CANCELLED, work.at, None
    await set_going(work, job)  # so that it is closed
    return {"job": job.id}
