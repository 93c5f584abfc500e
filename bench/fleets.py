"""Whose fleet is read: the large world's company of 100,000 SIM cards with a year of history, or a small one made in seconds."""

from enum import StrEnum

from sqlmodel import select

from auth.wiring import Auth
from bench import company
from domain.accounts.tables import Organization
from domain.kernel.clock import SystemClock
from domain.kernel.identifiers import Identity, parse_identity
from seeds.demo import seed_demo
from seeds.identities import LEILA, ZAGROS
from seeds.size import Size


class Fleet(StrEnum):
    """A company that can be measured."""

    SMALL = "small"
    LARGE = "large"

    @property
    def legal_id(self) -> str:
        """Which legal entity it is."""
        return ZAGROS if self is Fleet.LARGE else company.LEGAL_ID

    @property
    def manager(self) -> Identity:
        """Its profile manager."""
        return parse_identity(LEILA.mobile if self is Fleet.LARGE else company.MANAGER)

    async def make(self, auth: Auth) -> bool:
        """Puts it into a migrated database unless it is there, and returns whether it did; the document store has to be open."""
        async with auth.database.read() as session:
            found = select(Organization.id).where(Organization.legal_id == self.legal_id)
            if (await session.scalars(found)).first() is not None:
                return False
        if self is Fleet.LARGE:
            await seed_demo(auth, at=SystemClock().now(), size=Size.LARGE)
        else:
            await company.make_company(auth.database, at=SystemClock().now())
        return True
