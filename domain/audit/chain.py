"""The audit chain: every entry carries the hash of the one before, so that a changed byte shows."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import union, update
from sqlmodel import col, select

from domain.audit.tables import AuditEntry, AuditHead, AuditSubject
from domain.kernel.ids import uuid7
from domain.kernel.plan import Change, Reason
from domain.kernel.scope import ActorRef
from store.session import Session
from store.upsert import insert_all, insert_or_ignore

EMPTY = "0" * 64
"""The hash before the first entry."""
ERASURE = "auditErase"
"""The action of an entry that says which earlier ones lost values: their numbers, their hashes, and the hashes of what is left."""


def common_path(paths: Iterable[str]) -> str:
    """The deepest path that covers all of these; paths consist of segments that end with '.'."""
    known = list(paths)
    first, last = min(known, default=""), max(known, default="")  # what these two share, all those between them share
    same = next((index for index, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[: first.rfind(".", 0, same) + 1]


def hash_of(entry: AuditEntry) -> str:
    """SHA-256 over an entry and the hash before it, hex."""
    body: list[Any] = [
        entry.previous_hash, entry.id.hex, entry.organization_id.hex, entry.seq, entry.path, entry.at.astimezone(UTC).isoformat(), entry.by,
        entry.action, entry.reason, entry.changes, entry.change_count, entry.failure,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Deed:
    """What an entry tells: who did what when, to what, and why or why not; `path` covers everything it touched."""

    by: ActorRef
    action: str
    at: datetime
    path: str
    changes: Sequence[Change] = ()
    reason: str | None = None
    failure: Reason | None = None
    subjects: Iterable[UUID] = ()
    id: UUID | None = None


async def append(
    session: Session,
    organization_id: UUID,
    *,
    by: ActorRef,
    action: str,
    at: datetime,
    path: str,
    changes: Sequence[Change] = (),
    reason: str | None = None,
    failure: Reason | None = None,
    subjects: Iterable[UUID] = (),
    id: UUID | None = None,
) -> UUID:
    """Adds an entry to the organization's chain and returns its id; takes the chain's head lock, so it comes last in a transaction."""
    return (await append_all(session, organization_id, [Deed(by, action, at, path, changes, reason, failure, subjects, id)]))[0]


async def append_all(session: Session, organization_id: UUID, deeds: Iterable[Deed]) -> list[UUID]:
    """Adds entries in this order and returns their ids, in as many statements for a thousand as for one."""
    await insert_or_ignore(session, AuditHead, [{"organization_id": organization_id, "seq": 0, "hash": EMPTY}])
    lock = select(AuditHead.seq, AuditHead.hash).where(AuditHead.organization_id == organization_id).with_for_update()
    seq, hash = (await session.execute(lock)).one()
    entries: list[AuditEntry] = []
    subjects: list[dict[str, Any]] = []
    for deed in deeds:
        entry = _entry(organization_id, seq + 1, hash, deed)
        seq, hash = entry.seq, entry.hash
        entries.append(entry)
        touched = dict.fromkeys([*deed.subjects, *(change.subject.id for change in deed.changes if change.subject)])
        subjects += [{"organization_id": organization_id, "subject_id": id, "seq": seq, "entry_id": entry.id} for id in touched]
    await insert_all(session, AuditEntry, [entry.model_dump() for entry in entries])
    await insert_all(session, AuditSubject, subjects)
    await session.execute(update(AuditHead).where(col(AuditHead.organization_id) == organization_id).values(seq=seq, hash=hash))
    return [entry.id for entry in entries]


def _entry(organization_id: UUID, seq: int, previous_hash: str, deed: Deed) -> AuditEntry:
    entry = AuditEntry(
        id=deed.id or uuid7(int(deed.at.timestamp() * 1000), os.urandom(10)),
        organization_id=organization_id,
        seq=seq,
        path=deed.path,
        at=deed.at,
        by=deed.by.as_json(),
        person_id=deed.by.person_id,
        is_operator=deed.by.is_operator,
        action=deed.action,
        reason=deed.reason,
        changes=[change.as_json() for change in deed.changes],
        change_count=len(deed.changes),
        failure=deed.failure.as_json() if deed.failure else None,
        previous_hash=previous_hash,
        hash="",
    )
    entry.hash = hash_of(entry)
    return entry


async def first_broken(session: Session, organization_id: UUID) -> int | None:
    """Verifies an organization's chain: the number of the first entry that doesn't fit, null when all do; writers may go on."""
    head = await _head(session, organization_id)
    before, expected = EMPTY, 1
    changed: dict[int, tuple[str, str]] = {}  # entries that aren't as they were written, until a later one says that they were erased
    entries = select(AuditEntry).where(AuditEntry.organization_id == organization_id).order_by(col(AuditEntry.seq))
    async for entry in await session.stream_scalars(entries.execution_options(yield_per=500)):
        fits, left = entry.seq == expected and entry.previous_hash == before, hash_of(entry)
        if left != entry.hash:
            changed[entry.seq] = (entry.hash, left)
        elif entry.action == ERASURE:
            for told in map(Change.from_json, entry.changes):
                if told.label.isdigit() and changed.get(int(told.label)) == (told.before, told.after):
                    del changed[int(told.label)]
        if not fits or not _copies_fit(entry) or (entry.seq == head[0] and entry.hash != head[1]):
            return expected - 1 if expected - 1 in changed else expected
        before, expected = entry.hash, expected + 1
    if changed:
        return min(changed)
    has_lost_its_end, has_gained_one = head[0] >= expected, (await _head(session, organization_id))[0] < expected - 1
    return expected if has_lost_its_end else expected - 1 if has_gained_one else None


async def _head(session: Session, organization_id: UUID) -> tuple[int, str]:
    """The number and hash of the last entry, as the head row has it."""
    head = (await session.execute(select(AuditHead.seq, AuditHead.hash).where(AuditHead.organization_id == organization_id))).one_or_none()
    return (head.seq, head.hash) if head else (0, EMPTY)


def _copies_fit(entry: AuditEntry) -> bool:
    """Whether the columns that only filters read say what the hashed actor says."""
    by = ActorRef.from_json(entry.by)
    return (entry.person_id, entry.is_operator) == (by.person_id, by.is_operator)


async def all_broken(session: Session) -> dict[UUID, int | None]:
    """Verifies every organization's chain: the number of the first entry that doesn't fit, null where all do."""
    known = union(select(AuditHead.organization_id), select(AuditEntry.organization_id))
    organizations = sorted((await session.execute(known)).scalars())
    return {organization_id: await first_broken(session, organization_id) for organization_id in organizations}
