"""What a job can do: a deed decides about some rows and acts on those that can be done, the same way for two cards as for 50,000."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from domain.audit.writing import Result, Work
from domain.jobs.states import JobKind
from domain.kernel.errors import DomainError
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Price
from domain.kernel.plan import Exclusion, Reason

Request = Mapping[str, Any]
"""What was asked for all rows, as it is stored with a job: plain JSON values."""


class Target(msgspec.Struct, frozen=True, gc=False):
    """A row to act on: its place from 1 (the line of a sent file), what it is about, its label as sent, and what it alone asks for."""

    index: int
    label: str
    subject_id: UUID | None = None
    payload: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Decision:
    """What came out for some rows: what there is to do, and by index the rows that can't be done.

    `price` is what it costs, `fact` whatever else of some rows the deed needs to know when a job is made of all.
    """

    acts: list[Any] = field(default_factory=list)
    left_out: dict[int, Exclusion] = field(default_factory=dict)
    price: Price | None = None
    fact: Any = None

    def leave_out(self, target: Target, error: DomainError, *, subject: Ref | None = None, label: str | None = None) -> None:
        """Notes that a row can't be done."""
        self.left_out[target.index] = Exclusion(subject, label or target.label, Reason.of(error))


@dataclass(frozen=True, slots=True)
class Opening:
    """A job that is about to be made: how many of its rows can be done, what they cost together, and the facts of its parts."""

    job_id: UUID
    count: int
    price: Price
    facts: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """The request as the job keeps it, and what the mutation hands back; one that `waits` is set going by somebody else."""

    request: Request
    result: Result
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that can be done to many rows, by the name of its mutation.

    `decide` reads through `work.sql`, records the changes and where they are, and writes nothing; it locks what it reads unless
    `work.is_looking`. What it raises holds for all rows. `act` carries through what it is handed back, in the same transaction.
    Each gets a few hundred rows at a time. `opens` is for what is done once for all rows when their job is made, and in PLAN rolled back;
    then only the rows that could be done are done.
    `closes` is for what is done when the job is over, however it ended; it may be called again. `result` is the payload's name of what
    was done at once, `about` what rows are about.
    """

    mutation: str
    kind: JobKind
    about: Kind
    result: str
    decide: Callable[[Work, Request, Sequence[Target]], Awaitable[Decision]]
    act: Callable[[Work, Sequence[Any]], Awaitable[None]]
    opens: Callable[[Work, Request, Opening], Awaitable[Opened]] | None = None
    closes: Callable[[Work, Request], Awaitable[None]] | None = None
