"""Puts the managers and the operator's staff into the demo world."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from auth import totp
from auth.wiring import Auth
from domain.accounts.tables import Account
from domain.kernel.locale import Locale
from domain.kernel.permissions import Role
from domain.kernel.scope import ActorRef
from domain.kernel.text import fold
from domain.people.tables import Membership, Person
from seeds.dice import Dice
from seeds.identities import EVERYBODY, NIKAZIN, Identity
from store.session import Session
from store.upsert import insert_all

FORMER = Identity("کیوان صادقی", "+989350000006", "keyvan@nikazin.example", Locale.FA, Role.ACCOUNT_MANAGER, ((NIKAZIN, "120"),))
"""An account manager until some months ago."""


async def seed_people(
    session: Session, auth: Auth, dice: Dice, accounts: Mapping[tuple[str, str], Account], *, since: datetime, former_until: datetime
) -> Mapping[str, ActorRef]:
    """Makes everybody whose company is there with their roles since an instant, and returns them by mobile number as they act."""
    new_id = dice.ids("people", since)
    everybody: Sequence[Identity] = [one for one in (*EVERYBODY, FORMER) if accounts.keys() >= set(one.places)]
    ids = {identity.mobile: new_id() for identity in everybody}
    await insert_all(
        session,
        Person,
        [
            {
                "id": ids[one.mobile], "name": one.name, "name_fold": fold(one.name), "mobile": one.mobile, "email": one.email,
                "locale": one.locale, "created_at": since,
            }
            for one in everybody
        ],
    )  # fmt: skip
    memberships = []
    for one in everybody:
        places: list[Account | None] = [accounts[place] for place in one.places]
        for place in places or [None]:
            memberships.append(
                {
                    "id": new_id(), "organization_id": place.organization_id if place else None, "person_id": ids[one.mobile],
                    "role": one.role, "account_id": place.id if place else None, "valid_from": since,
                    "valid_to": former_until if one is FORMER else None,
                }
            )  # fmt: skip
    await insert_all(session, Membership, memberships)
    for one in everybody:
        if one.totp_secret:
            await totp.provide(auth, session, ids[one.mobile], one.totp_secret)
    return {one.mobile: _actor(ids[one.mobile], one) for one in everybody}


def _actor(id: UUID, identity: Identity) -> ActorRef:
    return ActorRef(id, identity.name, person_id=id, is_operator=identity.role in (Role.SUPPORT, Role.OPERATOR_ADMIN))
