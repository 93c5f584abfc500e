"""The vault of PUK codes (D6): sealed for their row, shown to a person who proved themselves and gave a reason, every attempt kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func
from sqlmodel import col, select

from domain.audit import chain
from domain.kernel.calendar import day_borders, day_of
from domain.kernel.errors import DomainError, Forbidden, InvalidInput, LimitReached, NotFound, StateConflict
from domain.kernel.ids import uuid7
from domain.kernel.plan import Reason
from domain.kernel.proof import Proof
from domain.kernel.quantity import UNIT_OF, Quantity, UsageType
from domain.kernel.scope import Scope
from domain.kernel.sealing import Sealed, Sealer, Unsealable
from domain.people.tables import Person
from domain.sims.states import SimStatus
from domain.sims.tables import PukAttempt, Sim, SimSecret
from store.session import Database, Session

A_DAY = 3
SHOWN_FOR = timedelta(seconds=60)
TRIES_ALLOWED = 10
REASON_LEAST, REASON_MOST = 3, 200
DIGITS = 8
ACTION = "simPukReveal"
LOG = structlog.get_logger("puk")


@dataclass(frozen=True, slots=True)
class Codes:
    """PUK1 and PUK2, eight digits each; never part of a printed value."""

    puk1: str = field(repr=False)
    puk2: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Revealed:
    """The codes of a card for one minute; `reveals_left` are this person's for today."""

    codes: Codes
    organization_id: UUID
    path: str
    hide_at: datetime
    reveals_left: int


def sealed_secret(sealer: Sealer, organization_id: UUID, sim_id: UUID, codes: Codes) -> dict[str, Any]:
    """A card's codes as a row of `SimSecret`; raises `InvalidInput` (without the value) unless each has eight digits."""
    for name, code in (("puk1", codes.puk1), ("puk2", codes.puk2)):
        if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
            raise InvalidInput("sims.puk", field=(name,), digits=DIGITS)
    sealed = sealer.seal(f"{codes.puk1}{codes.puk2}".encode(), *_row(sim_id))
    return {"sim_id": sim_id, "organization_id": organization_id, "key_id": sealed.key_id, "sealed": sealed.data}


def _row(sim_id: UUID) -> tuple[str, UUID]:
    return ("sim_secrets", sim_id)


def opened(sealer: Sealer, secret: SimSecret) -> Codes:
    """A card's codes for a moment; raises `Unsealable` for what isn't sealed for its row under a known key."""
    text = sealer.open(Sealed(secret.key_id, secret.sealed), *_row(secret.sim_id)).decode()
    return Codes(text[:DIGITS], text[DIGITS:])


async def reveals_left(session: Session, person_id: UUID, *, at: datetime) -> int:
    """How many times a person may still see codes today (Asia/Tehran)."""
    starts_at, ends_at = day_borders(day_of(at))
    shown = select(func.count()).where(
        col(PukAttempt.person_id) == person_id, col(PukAttempt.at) >= starts_at, col(PukAttempt.at) < ends_at, col(PukAttempt.is_shown)
    )
    return max(0, A_DAY - int((await session.execute(shown)).scalar_one()))


async def reveal(database: Database, sealer: Sealer, scope: Scope, proof: Proof, sim_id: UUID, reason: str, *, at: datetime) -> Revealed:
    """Shows a card's codes to a person once; the attempt, shown or refused, is committed before anybody hears of it.

    Raises `Forbidden` to anything but a person, `InvalidInput` for a reason of the wrong length, `NotFound`, `StepUpRequired`,
    `LimitReached` after three a day, `StateConflict` for a card that is gone or whose codes aren't known.
    """
    person_id = scope.actor.person_id
    if person_id is None or scope.actor.api_token_id is not None or scope.is_masked:
        raise Forbidden
    why = " ".join(reason.split())
    if not REASON_LEAST <= len(why) <= REASON_MOST:
        raise InvalidInput("sims.puk_reason", field=("reason",), least=REASON_LEAST, most=REASON_MOST)
    async with database.write() as session:
        # one reveal of a person at a time: twenty at once must not all find one left
        await session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
        card = await _card(session, scope, sim_id)
        left = await reveals_left(session, person_id, at=at)
        try:
            if card is None:
                raise NotFound(field=("simId",))
            codes = await _codes(session, sealer, proof, card, left, at)
            refusal: DomainError | None = None
        except DomainError as error:
            refusal = error
        await _remember(session, scope, person_id, card, why, refusal, at)
    if refusal is not None:
        raise refusal
    assert card is not None  # noqa: S101 (without a card there was a refusal)
    return Revealed(codes, card.organization_id, card.path, at + SHOWN_FOR, left - 1)


async def _card(session: Session, scope: Scope, sim_id: UUID) -> Sim | None:
    statement = scope.limit(select(Sim).where(col(Sim.id) == sim_id), col(Sim.organization_id), col(Sim.path))
    return (await session.scalars(statement)).one_or_none()


async def _codes(session: Session, sealer: Sealer, proof: Proof, card: Sim, left: int, at: datetime) -> Codes:
    """The codes, or the reason why not, as an error."""
    proof.require(at)
    if card.status == SimStatus.TERMINATED:
        raise StateConflict("sims.not_in_use", field=("simId",))
    if left == 0:
        raise LimitReached("sims.puk_limit", maximum=Quantity(A_DAY, UNIT_OF[UsageType.OTHER]), retry_at=day_borders(day_of(at))[1])
    secret = await session.get(SimSecret, card.id)
    if secret is None:
        raise StateConflict("sims.no_puk", field=("simId",))
    try:
        return opened(sealer, secret)
    except Unsealable:
        LOG.error("puk_unsealable", sim=str(card.id), key=secret.key_id)
        raise StateConflict("sims.no_puk", field=("simId",)) from None


async def _remember(
    session: Session, scope: Scope, person_id: UUID, card: Sim | None, why: str, refusal: DomainError | None, at: datetime
) -> None:
    """The attempt in the count and in the audit trail; one at somebody else's card stands in the trail of one's own organization."""
    known: Sequence[UUID] = scope.organization_ids
    organization_id = card.organization_id if card else known[0] if len(known) == 1 else None
    if organization_id is None:
        return
    if card is not None:
        session.add(
            PukAttempt(
                id=uuid7(), organization_id=organization_id, person_id=person_id, sim_id=card.id, at=at, is_shown=refusal is None
            )
        )
        await session.flush()
    await chain.append(
        session, organization_id, by=scope.actor, action=ACTION, at=at,
        path=card.path if card else chain.common_path(part.path for part in scope.reach), reason=why,
        failure=Reason.of(refusal) if refusal else None, subjects=[card.id] if card else [],
    )  # fmt: skip
