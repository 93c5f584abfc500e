"""Seals secrets at rest anew under the master key in use, some rows at a time; can be broken off and begun again at any row."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from sqlmodel import SQLModel, col, select

from auth.tables import Password, SigningKey, Totp
from domain.kernel.sealing import Sealed, Sealer, Unsealable
from domain.sims.tables import SimSecret
from store.session import Database

AT_ONCE: Final = 500
LOG = structlog.get_logger("resealing")


@dataclass(frozen=True, slots=True)
class Place:
    """Where secrets are kept: the column of the key's id, of the sealed bytes, of the row's id, and what they are bound to."""

    table: type[SQLModel]
    key_id: str
    sealed: str
    id: str
    bound: Callable[[Any], tuple[str | UUID, ...]]


PLACES: Final[Sequence[Place]] = (
    Place(SimSecret, "key_id", "sealed", "sim_id", lambda row: ("sim_secrets", row.sim_id)),
    Place(Totp, "key_id", "sealed", "person_id", lambda row: ("auth_totps", row.person_id)),
    Place(Totp, "pending_key_id", "pending", "person_id", lambda row: ("auth_totps", row.person_id)),
    Place(Password, "key_id", "sealed", "person_id", lambda row: ("auth_passwords", row.person_id)),
    Place(SigningKey, "key_id", "sealed", "kid", lambda row: ("auth_signing_keys", row.kid)),
)


@dataclass(frozen=True, slots=True)
class Step:
    """What a few rows came to: sealed anew, and not opened by any key at hand."""

    table: str
    done: int
    unopened: int


async def reseal(database: Database, sealer: Sealer) -> AsyncIterator[Step]:
    """Seals everything that is under another key, and tells of each step; a row that no key opens is named in the log and left."""
    for place in PLACES:
        after: Any = None
        while (step := await _step(database, sealer, place, after)) is not None:
            after, told = step
            yield told


async def _step(database: Database, sealer: Sealer, place: Place, after: Any) -> tuple[Any, Step] | None:
    """The next rows behind an id, null when there are none; whoever changes one of them meanwhile waits for this transaction."""
    id, key_id = col(getattr(place.table, place.id)), col(getattr(place.table, place.key_id))
    wanted = select(place.table).where(key_id.is_not(None), key_id != sealer.key_id).order_by(id).limit(AT_ONCE).with_for_update()
    if after is not None:
        wanted = wanted.where(id > after)
    done = unopened = 0
    async with database.write() as session:
        rows: Sequence[Any] = (await session.scalars(wanted)).all()
        for row in rows:
            bound = place.bound(row)
            try:
                secret = sealer.open(Sealed(getattr(row, place.key_id), getattr(row, place.sealed)), *bound)
            except Unsealable as error:
                LOG.error("not_resealed", table=place.table.__tablename__, row=str(getattr(row, place.id)), error=str(error))
                unopened += 1
                continue
            sealed = sealer.seal(secret, *bound)
            setattr(row, place.key_id, sealed.key_id)
            setattr(row, place.sealed, sealed.data)
            done += 1
        await session.flush()
    if not rows:
        return None
    return getattr(rows[-1], place.id), Step(str(place.table.__tablename__), done, unopened)
