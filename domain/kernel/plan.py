"""Change = plan = audit: one record of what a write does, shown before it is done and kept after."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.kernel.errors import DomainError, ErrorCode
from domain.kernel.ids import KINDS, Ref
from domain.kernel.money import Money, Price

SHOWN = 100


class MutationMode(StrEnum):
    """Whether a mutation only decides or also acts."""

    PLAN = "PLAN"
    APPLY = "APPLY"


class BulkErrorPolicy(StrEnum):
    """What a run over several rows does with rows that can't be done."""

    REJECT_ALL = "REJECT_ALL"
    SKIP_FAILED = "SKIP_FAILED"


@dataclass(frozen=True, slots=True)
class Change:
    """One value of one thing before and after; `subject` is null while the thing doesn't exist yet."""

    subject: Ref | None
    label: str
    field: str
    before: str | None
    after: str | None
    money: Money | None = None

    def as_json(self) -> dict[str, Any]:
        """The change as it is stored in the audit trail and hashed into a plan's token."""
        return {
            "subject": [self.subject.kind.value, self.subject.id.hex] if self.subject else None,
            "label": self.label,
            "field": self.field,
            "before": self.before,
            "after": self.after,
            "money": self.money.minor if self.money else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Change":
        """Reads a stored change."""
        subject = data["subject"]
        return cls(
            Ref(KINDS[subject[0]], UUID(subject[1])) if subject else None,
            data["label"],
            data["field"],
            data["before"],
            data["after"],
            Money(data["money"]) if data["money"] is not None else None,
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """A failure told without raising it: why a row is left out."""

    code: ErrorCode
    message_key: str
    params: Mapping[str, Any] = field(default_factory=dict)
    field: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: DomainError) -> "Reason":
        """The reason that an error tells."""
        return cls(error.code, error.message_key, dict(error.params), error.field)

    def as_json(self) -> dict[str, Any]:
        """The reason as it is stored."""
        return {"code": self.code.value, "key": self.message_key, "params": dict(self.params), "field": list(self.field)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Reason":
        """Reads a stored reason."""
        return cls(ErrorCode(data["code"]), data["key"], data["params"], tuple(data["field"]))


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A row left out, and why; `line` counts from 1 in a sent file."""

    subject: Ref | None
    label: str
    reason: Reason
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The exclusion as it is stored and hashed."""
        subject = [self.subject.kind.value, self.subject.id.hex] if self.subject else None
        return {"subject": subject, "label": self.label, "line": self.line, "reason": self.reason.as_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Exclusion":
        """Reads a stored exclusion."""
        subject = data["subject"]
        ref = Ref(KINDS[subject[0]], UUID(subject[1])) if subject else None
        return cls(ref, data["label"], Reason.from_json(data["reason"]), data["line"])


class ApprovalReason(StrEnum):
    """Why an approval is needed."""

    AMOUNT = "AMOUNT"
    BUDGET = "BUDGET"
    CREDIT_REQUEST = "CREDIT_REQUEST"
    CAP_REQUEST = "CAP_REQUEST"


@dataclass(frozen=True, slots=True)
class ApprovalNeed:
    """An approval that a plan has to wait for, and the people who may give it."""

    reason: ApprovalReason
    approver_ids: tuple[UUID, ...]
    amount: Money | None = None

    def as_json(self) -> dict[str, Any]:
        """The need as it is stored and hashed."""
        approvers = [id.hex for id in self.approver_ids]
        return {"reason": self.reason.value, "approvers": approvers, "amount": self.amount.minor if self.amount else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ApprovalNeed":
        """Reads a stored need."""
        amount = Money(data["amount"]) if data["amount"] is not None else None
        return cls(ApprovalReason(data["reason"]), tuple(UUID(id) for id in data["approvers"]), amount)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a mutation changes, or would change, and what it costs; `token` is null once applied.

    Of a plan over many rows only the first changes and exclusions are here; the others are but counted, in `more`.
    """

    changes: Sequence[Change]
    exclusions: Sequence[Exclusion]
    total: Price | None
    token: str | None
    more: tuple[int, int] = (0, 0)
    approvals: Sequence[ApprovalNeed] = ()

    @property
    def change_count(self) -> int:
        """All changes."""
        return len(self.changes) + self.more[0]

    @property
    def exclusion_count(self) -> int:
        """All rows left out."""
        return len(self.exclusions) + self.more[1]

    def as_json(self) -> dict[str, Any]:
        """The plan as it is stored with an idempotency key."""
        total = [self.total.net.minor, self.total.vat.minor, str(self.total.vat_rate)] if self.total else None
        return {
            "changes": [change.as_json() for change in self.changes],
            "exclusions": [exclusion.as_json() for exclusion in self.exclusions],
            "total": total,
            "more": list(self.more),
            "approvals": [need.as_json() for need in self.approvals],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Plan":
        """Reads a stored plan; it was applied, so it has no token."""
        total = data["total"]
        return cls(
            [Change.from_json(change) for change in data["changes"]],
            [Exclusion.from_json(exclusion) for exclusion in data["exclusions"]],
            Price(Money(total[0]), Money(total[1]), Decimal(total[2])) if total else None,
            None,
            tuple(data.get("more", (0, 0))),
            [ApprovalNeed.from_json(need) for need in data.get("approvals", ())],
        )


class PlanStale(DomainError):
    """The planned decision would come out differently now; carries the plan as it would be."""

    code = ErrorCode.PLAN_STALE
    default_key = "error.plan_stale"

    def __init__(self, plan: Plan) -> None:
        super().__init__(field=("planToken",))
        self.plan = plan


class RowsRejected(DomainError):
    """Some rows can't be done and the policy was REJECT_ALL."""

    code = ErrorCode.ROWS_REJECTED
    default_key = "error.rows_rejected"

    def __init__(self, exclusions: Sequence[Exclusion], *, count: int | None = None) -> None:
        self.count = len(exclusions) if count is None else count
        super().__init__(count=self.count)
        self.exclusions = exclusions


def digest(actor_id: UUID, mutation: str, plan: Plan) -> str:
    """The token of a plan: SHA-256 over actor, mutation and the sorted decision (DESIGN 9), without generated ids and times."""
    body = plan.as_json()
    parts = ("changes", "exclusions", "approvals")
    ordered = {name: sorted(json.dumps(row, sort_keys=True, default=str) for row in body[name]) for name in parts}
    text = json.dumps([actor_id.hex, mutation, *(ordered[name] for name in parts), body["total"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
