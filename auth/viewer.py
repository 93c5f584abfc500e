"""`viewerUpdate`: what people choose for themselves."""

from dataclasses import replace

from sqlalchemy import update
from sqlmodel import col

from auth.actor import Actor
from auth.wiring import Auth
from domain.kernel.locale import Locale
from domain.people.tables import Person


async def viewer_update(auth: Auth, actor: Actor, locale: Locale) -> Actor:
    """Chooses the acting person's language; tokens and support views have nothing of their own to choose (`Forbidden`)."""
    actor.own_session()
    async with auth.database.write() as session:
        await session.execute(update(Person).where(col(Person.id) == actor.person_id).values(locale=locale))
    return replace(actor, locale=locale)
