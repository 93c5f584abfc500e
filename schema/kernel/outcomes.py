"""How a write ends: its plan, or an expected failure told to a person and to a program."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry
from strawberry.schema.exception_handlers import ExceptionHandler
from strawberry.types.field import StrawberryField

from domain.kernel import errors, proof
from domain.kernel import plan as domain_plan
from domain.kernel.errors import ErrorCode
from domain.kernel.messages import text
from domain.kernel.plan import SHOWN, BulkErrorPolicy, MutationMode, Reason
from domain.kernel.proof import ProofMethod
from schema.engine.fields import batched, plain
from schema.kernel import masks
from schema.kernel.context import Context, Info
from schema.kernel.figures import Money, Price, Quantity
from schema.kernel.nodes import Found, Node, found

if TYPE_CHECKING:
    from schema.approvals.needs import ApprovalNeed
    from schema.files.types import Document
else:
    ApprovalNeed = Annotated["ApprovalNeed", strawberry.lazy("schema.approvals.needs")]
    Document = Annotated["Document", strawberry.lazy("schema.files.types")]

strawberry.enum(ErrorCode, description="Codes of expected failures; new ones may be added.")
strawberry.enum(MutationMode, description="Whether a mutation only decides or also acts.")
strawberry.enum(ProofMethod, description="Ways to prove who one is.")
strawberry.enum(BulkErrorPolicy, description="What a bulk run does with rows that can't be done.")


@strawberry.interface(description="An expected failure of a mutation, told to a person and to a program.")
class UserError:
    """What every failure says."""

    code: ErrorCode = strawberry.field(description="What went wrong, for programs.")
    message: str = strawberry.field(description="What went wrong, in the viewer's language.")
    field: list[str] | None = strawberry.field(
        description="Path to the offending input field, outermost first, at most 6 steps; null when none."
    )


def told(error: Reason | errors.DomainError, context: Context) -> dict[str, Any]:
    """The three fields of a failure, in the viewer's language, with the reference that some are known by."""
    message = text(error.message_key, context.locale, **error.params)
    if reference := error.params.get("reference"):
        message = text("error.reference", context.locale, words=message, reference=reference)
    return {"code": error.code, "message": message, "field": list(error.field) or None}


@strawberry.type(description="A failure that needs no data of its own.")
class Problem(UserError):
    """Most failures."""


def failure_of(row: Any, context: Context) -> Problem | None:
    """Tells the reason stored as a row's `failure`."""
    return Problem(**told(row.failure, context)) if row.failure else None


def _label(change: domain_plan.Change, context: Context) -> str:
    """A person's name is masked for support."""
    return masks.label(context, change.label, change.field, change.subject) or ""


def _before(change: domain_plan.Change, context: Context) -> str | None:
    """Masked alike with the field it is a value of."""
    return masks.value(context, change.field, change.before)


def _after(change: domain_plan.Change, context: Context) -> str | None:
    """Masked alike with the field it is a value of."""
    return masks.value(context, change.field, change.after)


@strawberry.type(description="One value of one thing before and after.")
class Change:
    """Served straight from the domain's `Change`."""

    subject: Node | None = batched(
        found, key="subject", description="What changes, null while it doesn't exist.", extensions=[Found()]
    )
    label: str = plain(_label, description="Its number or name for people.")
    before: str | None = plain(_before, description="Value before as text, null if none.")
    after: str | None = plain(_after, description="Value after as text, null if none.")
    field: str = strawberry.field(description="Contract name of the changed field.")
    money: Money | None = strawberry.field(description="Price or movement of money it brings.")


def _reason(exclusion: domain_plan.Exclusion, context: Context) -> Problem:
    """In the viewer's language."""
    return Problem(**told(exclusion.reason, context))


@strawberry.type(description="A row left out, and why.")
class Exclusion:
    """Served straight from the domain's `Exclusion`."""

    subject: Node | None = batched(found, key="subject", description="What is left out, null if unknown to us.", extensions=[Found()])
    label: str = strawberry.field(description="Its number or name as sent.")
    line: int | None = strawberry.field(description="Line in the sent file, from 1.")
    reason: Problem = plain(_reason, description="Why.")


@strawberry.type(description="What a mutation changes, or would change, and what it costs.")
class Plan:
    """Served from the domain's `Plan`."""

    token: str | None = strawberry.field(description="Passed to APPLY as `planToken`; null once applied.")
    changes: list[Change] = strawberry.field(description="The first 100 changes.")
    change_count: int = strawberry.field(description="All changes.")
    exclusions: list[Exclusion] = strawberry.field(description="The first 100 rows left out.")
    exclusion_count: int = strawberry.field(description="All rows left out.")
    total: Price | None = strawberry.field(description="Total with tax, null when it costs nothing.")
    approvals: list[ApprovalNeed] = strawberry.field(description="Approvals it has to wait for, at most 10.")
    document: Document | None = strawberry.field(default=None, description="Every change and exclusion as CSV.")

    @classmethod
    def of(cls, plan: domain_plan.Plan) -> "Plan":
        """Shows a plan."""
        return cls(
            token=plan.token,
            changes=cast(list[Change], list(plan.changes[:SHOWN])),
            change_count=plan.change_count,
            exclusions=cast(list[Exclusion], list(plan.exclusions[:SHOWN])),
            exclusion_count=plan.exclusion_count,
            total=cast(Price | None, plan.total),
            approvals=cast(list[ApprovalNeed], list(plan.approvals)),
        )


@strawberry.type(description="What a mutation did.")
class Planned:
    """What every payload of a planned mutation begins with."""

    plan: Plan = strawberry.field(description="What changes.")


@strawberry.type(description="The planned decision would come out differently now.")
class PlanStale(UserError):
    """Carries the plan as it is now."""

    plan: Plan = strawberry.field(description="The plan as it would be now.")


@strawberry.type(description="The idempotency key belongs to another request.")
class IdempotencyConflict(UserError):
    """Says when the key was first used."""

    first_used_at: datetime = strawberry.field(description="When the key was first used.")


@strawberry.type(description="Some rows can't be done and the policy was REJECT_ALL.")
class RowsRejected(UserError):
    """Names the rows."""

    exclusions: list[Exclusion] = strawberry.field(description="The first 100 rows, with reasons.")
    exclusion_count: int = strawberry.field(description="All of them.")


@strawberry.type(description="The paying wallet holds too little.")
class InsufficientFunds(UserError):
    """Says how much is missing."""

    required: Money = strawberry.field(description="What it takes.")
    available: Money = strawberry.field(description="What is there to spend.")


@strawberry.type(description="A window of a limit is used up: reveals, transfers, balance ceiling.")
class LimitReached(UserError):
    """Says when it opens again."""

    maximum: Quantity | None = strawberry.field(description="The bound.")
    retry_at: datetime | None = strawberry.field(description="When it opens again, null if it doesn't by itself.")


@strawberry.type(description="The last proof is too old for this action.")
class StepUpRequired(UserError):
    """Says how to prove it again."""

    max_age_seconds: int = strawberry.field(description="Proof may be this old at most, in seconds.")
    methods: list[ProofMethod] = strawberry.field(description="Ways this person can prove it, at most 4.")


class ProblemHandler(ExceptionHandler[errors.DomainError, Problem]):
    """Any failure without data of its own; comes last."""

    def handle(self, exception: errors.DomainError, *, field: StrawberryField, info: Info) -> Problem:
        """Tells it."""
        return Problem(**told(exception, info.context))


class PlanStaleHandler(ExceptionHandler[domain_plan.PlanStale, PlanStale]):
    """A plan that no longer fits."""

    def handle(self, exception: domain_plan.PlanStale, *, field: StrawberryField, info: Info) -> PlanStale:
        """Tells it, with the plan as it is now."""
        return PlanStale(**told(exception, info.context), plan=Plan.of(exception.plan))


class IdempotencyConflictHandler(ExceptionHandler[errors.IdempotencyConflict, IdempotencyConflict]):
    """A key with other content."""

    def handle(
        self, exception: errors.IdempotencyConflict, *, field: StrawberryField, info: Info
    ) -> IdempotencyConflict:
        """Tells it."""
        return IdempotencyConflict(**told(exception, info.context), first_used_at=exception.first_used_at)


class RowsRejectedHandler(ExceptionHandler[domain_plan.RowsRejected, RowsRejected]):
    """Rows that can't be done."""

    def handle(self, exception: domain_plan.RowsRejected, *, field: StrawberryField, info: Info) -> RowsRejected:
        """Tells it, with the first rows."""
        shown = cast(list[Exclusion], list(exception.exclusions[:SHOWN]))
        return RowsRejected(**told(exception, info.context), exclusions=shown, exclusion_count=exception.count)


class InsufficientFundsHandler(ExceptionHandler[errors.InsufficientFunds, InsufficientFunds]):
    """Too little money."""

    def handle(
        self, exception: errors.InsufficientFunds, *, field: StrawberryField, info: Info
    ) -> InsufficientFunds:
        """Tells it, with both amounts."""
        required, available = cast(Money, exception.required), cast(Money, exception.available)
        return InsufficientFunds(**told(exception, info.context), required=required, available=available)


class LimitReachedHandler(ExceptionHandler[errors.LimitReached, LimitReached]):
    """A used-up window."""

    def handle(self, exception: errors.LimitReached, *, field: StrawberryField, info: Info) -> LimitReached:
        """Tells it, with the time it opens again."""
        return LimitReached(**told(exception, info.context), maximum=cast(Quantity | None, exception.maximum), retry_at=exception.retry_at)


class StepUpRequiredHandler(ExceptionHandler[proof.StepUpRequired, StepUpRequired]):
    """A proof that is too old."""

    def handle(self, exception: proof.StepUpRequired, *, field: StrawberryField, info: Info) -> StepUpRequired:
        """Tells it, with the ways to prove it again."""
        return StepUpRequired(**told(exception, info.context), max_age_seconds=exception.max_age_seconds, methods=list(exception.methods))


KERNEL_HANDLERS: Sequence[ExceptionHandler[Any, Any]] = (
    PlanStaleHandler(), IdempotencyConflictHandler(), RowsRejectedHandler(), InsufficientFundsHandler(), LimitReachedHandler(),
    StepUpRequiredHandler(),
)  # fmt: skip
LAST_HANDLER = ProblemHandler()

__all__ = [
    "BulkErrorPolicy", "Change", "ErrorCode", "Exclusion", "IdempotencyConflict", "InsufficientFunds", "LimitReached",
    "MutationMode", "Plan", "PlanStale", "Problem", "ProofMethod", "RowsRejected", "StepUpRequired", "UserError", "told",
]  # fmt: skip
