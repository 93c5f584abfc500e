"""Listening to approvals."""

from collections.abc import AsyncGenerator
from typing import cast

import strawberry

from domain.approvals.queries import ApprovalRow
from domain.approvals.tables import ApprovalState
from schema.approvals import loaders
from schema.approvals.types import Approval, approver_key
from schema.kernel.context import Context, Info


async def _concerns(context: Context, approval: ApprovalRow) -> bool:
    """Whether it is the viewer's to answer, or was asked by them and is answered."""
    me = context.asking().person_id
    if approval.requester_id == me:
        return approval.state is not ApprovalState.PENDING
    return me in {person.id for person in await context.load(loaders.approvers, approver_key(approval))}


@strawberry.type
class ApprovalsSubscription:
    """What becomes of approvals."""

    @strawberry.subscription(description="Approvals asked of, or answered for, the viewer.")
    async def approval_changed(self, info: Info) -> AsyncGenerator[Approval, None]:
        """Whoever asks or answers, and in whatever process; the viewer's rights are looked at anew for each event."""
        context = info.context
        if context.live is None:
            raise TypeError("a subscription is served over a socket")
        async for id in context.live.news_of_approvals():
            await context.live.renew()
            approval = await context.load(loaders.approvals, id)
            if approval is not None and await _concerns(context, approval):
                yield cast(Approval, approval)
