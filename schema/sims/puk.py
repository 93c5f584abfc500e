"""Showing PUK codes: once, below a mutation's payload, and nowhere else."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.kernel.errors import Unauthenticated
from domain.kernel.ids import Kind, Ref, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.sims import puk
from schema.kernel.context import Context, Info
from schema.kernel.inputs import Requested
from schema.kernel.needs import Needs
from schema.kernel.outcomes import LimitReached, Problem, StepUpRequired


@strawberry.input(description="Input of `simPukReveal`.")
class SimPukRevealInput:
    """Which card, and why."""

    sim_id: strawberry.ID = strawberry.field(description="SIM card to act on.")
    reason: str = strawberry.field(description="Why, for the audit: 3 to 200 characters.")


@strawberry.type(description="Codes that unlock a SIM card; hide them after a minute.")
class SimPuk:
    """Made from `Revealed`; never printed."""

    puk1: str = strawberry.field(description="Unlocks PIN1: 8 digits with leading zeros.")
    puk2: str = strawberry.field(description="Unlocks PIN2: 8 digits with leading zeros.")
    tries_allowed: int = strawberry.field(description="Wrong entries that kill the card for good.")
    hide_at: datetime = strawberry.field(description="When the client must hide them, 60 s ahead.")
    reveals_left: int = strawberry.field(description="Reveals left to this person today.")

    def __repr__(self) -> str:
        return "SimPuk(…)"


@strawberry.type(description="What `simPukReveal` did.")
class SimPukRevealPayload:
    """The codes."""

    puk: SimPuk = strawberry.field(description="The codes.")


SimPukRevealResult = Annotated[
    SimPukRevealPayload | StepUpRequired | LimitReached | Problem,
    strawberry.union("SimPukRevealResult", description="Outcome of `simPukReveal`."),
]


@strawberry.type
class PukMutation:
    """Not a business mutation: each attempt leaves an audit row, so there is no plan."""

    @strawberry.mutation(
        description="Shows the PUK codes once, with a proof of the last 5 minutes; 3 a day; each attempt is audited, so it has no plan.",
        extensions=[Needs(Permission.PUK_REVEAL)],
    )
    async def sim_puk_reveal(self, info: Info, scope: Scope, input: Requested[SimPukRevealInput]) -> SimPukRevealResult:
        """To a person only, never to a token or a support view."""
        if info.context.actor is None:
            raise Unauthenticated
        sim_id = decode_as(Kind.SIM, input.sim_id, "simId")
        shown = await puk.reveal(
            info.context.database, info.context.parts.sealer, scope, info.context.actor.proof, sim_id, input.reason, at=info.context.now
        )
        info.context.looked(shown.organization_id, shown.path, Ref(Kind.SIM, sim_id), reason=input.reason)
        return SimPukRevealPayload(
            puk=SimPuk(
                puk1=shown.codes.puk1, puk2=shown.codes.puk2, tries_allowed=puk.TRIES_ALLOWED, hide_at=shown.hide_at,
                reveals_left=shown.reveals_left,
            )
        )  # fmt: skip


async def puk_reveals_left(context: Context, places: list[tuple[UUID, str]]) -> list[int | None]:
    """The viewer's own count, the same on every card; null where they may not reveal."""
    scope = context.scope(Permission.PUK_REVEAL)
    covered = [scope.actor.person_id is not None and scope.covers(*place) for place in places]
    if scope.actor.person_id is None or not any(covered):
        return [None for _ in places]
    async with context.read() as session:
        left = await puk.reveals_left(session, scope.actor.person_id, at=context.now)
    return [left if is_covered else None for is_covered in covered]
