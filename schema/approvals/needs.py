"""Approvals that a plan has to wait for."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.approvals import loaders
from schema.approvals.enums import ApprovalReason
from schema.engine.fields import batched
from schema.kernel.figures import Money

if TYPE_CHECKING:
    from schema.people.types import Person
else:
    Person = Annotated["Person", strawberry.lazy("schema.people.types")]


@strawberry.type(description="An approval that a plan has to wait for.")
class ApprovalNeed:
    """Served from the domain's `ApprovalNeed`."""

    reason: ApprovalReason = strawberry.field(description="Why it is needed.")
    approvers: list[Person] = batched(
        loaders.people, key="approver_ids", description="Who may give it, delegations included, at most 20."
    )
    amount: Money | None = strawberry.field(description="Amount that calls for it.")
