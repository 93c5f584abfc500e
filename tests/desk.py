"""The sign-in desk for tests: a clock to move, letters to read, people of every role."""

import json
from base64 import b64decode
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
from sqlalchemy import update
from sqlmodel import col, select

from auth import access_tokens, totp
from auth.access_tokens import AccessClaims
from auth.actor import Actor
from auth.hashing import Hasher
from auth.identify import identify
from auth.otp import OTP_KIND, OtpRequest, otp_request
from auth.proofs import Answer
from auth.rules import Asked
from auth.sessions import Client, Tokens, begin, session_create
from auth.wiring import Auth
from domain.kernel.identifiers import Channel, parse_identity
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Role
from domain.kernel.scope import SYSTEM
from domain.kernel.sealing import Sealed, Sealer
from domain.kernel.text import fold
from domain.people.tables import Membership, Person
from domain.tickets.tables import Ticket, TicketPriority, TicketState
from store.outbox import OutboxRow
from store.session import Database
from tests.world import NOW, Tenant, TwoTenants

CLIENT = Client("192.0.2.7", "tests")
STRANGER = "+989359999999"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass
class Desk:
    """The sign-in desk of one database, with the time it is there."""

    auth: Auth
    tenants: TwoTenants
    at: datetime = NOW
    people: dict[Role, Person] = field(default_factory=dict)

    @property
    def tenant(self) -> Tenant:
        """The company most tests are about."""
        return self.tenants.one

    @property
    def manager(self) -> Person:
        """Its profile manager."""
        return self.tenant.profile_manager

    def wait(self, **span: float) -> None:
        """Moves the clock on."""
        self.at += timedelta(**span)

    async def ask(self, identity: str | None = None, channel: Channel = Channel.SMS, *, address: str = CLIENT.address) -> Asked:
        """Asks for a code as a stranger does."""
        wanted = OtpRequest(parse_identity(identity or self.manager.mobile or ""), channel, address)
        return await otp_request(self.auth, wanted, at=self.at)

    async def letter(self, asked: Asked | UUID) -> dict[str, Any]:
        """What the outbox would send for a challenge: to whom, by which channel, which code."""
        id = asked if isinstance(asked, UUID) else asked.id
        async with self.auth.database.read() as session:
            rows = (await session.scalars(select(OutboxRow).where(OutboxRow.subject == f"otp:{id}"))).all()
        assert [row.kind for row in rows] == [OTP_KIND]
        payload = rows[0].payload
        sealed = Sealed(payload["key_id"], b64decode(payload["letter"]))
        letter: dict[str, Any] = json.loads(self.auth.sealer.open(sealed, OTP_KIND, id))
        return letter

    async def code(self, asked: Asked | UUID) -> str:
        """The code behind a challenge."""
        return str((await self.letter(asked))["code"])

    async def wrong(self, asked: Asked) -> str:
        """A code that isn't it."""
        return f"{(int(await self.code(asked)) + 1) % 1_000_000:06}"

    async def prove(self, asked: Asked, code: str, *, is_totp: bool = False) -> Tokens:
        """Answers a challenge to sign in."""
        return await session_create(self.auth, Answer(asked.id, code, is_totp), CLIENT, at=self.at)

    async def sign_in(self, identity: str | None = None) -> Tokens:
        """Asks and answers rightly."""
        asked = await self.ask(identity)
        return await self.prove(asked, await self.code(asked))

    async def begin(self, person: Person) -> Tokens:
        """A session without the asking, for tests about what comes after."""
        async with self.auth.database.write() as session:
            row, refresh = await begin(session, person.id, CLIENT, at=self.at)
        access, dies = await access_tokens.issue(self.auth.keys, self.auth.issuer, AccessClaims(person.id, row.id), at=self.at)
        return Tokens(row.id, person.id, access, dies, refresh)

    async def who(self, token: str, *, address: str = CLIENT.address) -> Actor | None:
        """The actor behind a bearer token now."""
        return await identify(self.auth, f"Bearer {token}", address, at=self.at)

    async def actor(self, person: Person) -> Actor:
        """A person who signed in just now."""
        actor = await self.who((await self.begin(person)).access_token)
        assert actor is not None
        return actor

    async def hire(self, role: Role, *, totp_secret: str | None = TOTP_SECRET) -> Person:
        """Somebody of the operator's."""
        name = f"{role.value.title()} Person"
        person = Person(id=uuid7(), name=name, name_fold=fold(name), mobile=f"+98912{len(self.people):07}", created_at=self.at)
        person.email = f"{role.value.lower()}@operator.example"
        async with self.auth.database.write() as session:
            session.add(person)
            await session.flush()
            session.add(Membership(id=uuid7(), person_id=person.id, role=role, valid_from=self.at - timedelta(days=1)))
            if totp_secret:
                await totp.provide(self.auth, session, person.id, totp_secret)
        self.people[role] = person
        return person

    async def ticket(self, tenant: Tenant | None = None, state: TicketState = TicketState.IN_PROGRESS) -> UUID:
        """A ticket of a company."""
        company = tenant or self.tenant
        ticket = Ticket(
            id=uuid7(), organization_id=company.id, path=company.accounts["root"].path, number="T-1", title="No data", search="t-1nodata",
            department="customers", state=state, state_since=self.at, priority=TicketPriority.MEDIUM, by=SYSTEM.as_json(), opened_at=self.at,
        )  # fmt: skip
        async with self.auth.database.write() as session:
            session.add(ticket)
        return ticket.id

    async def change(self, table: Any, id: UUID, **values: Any) -> None:
        """Changes a row behind the desk's back."""
        async with self.auth.database.write() as session:
            await session.execute(update(table).where(col(table.id) == id).values(**values))

    def totp(self, *, steps: int = 0) -> str:
        """The authenticator's code now, or some steps from now."""
        return pyotp.TOTP(TOTP_SECRET).at(self.at, counter_offset=steps)


def open_auth(database: Database) -> Auth:
    """What each process puts together for itself: same store and master key, caches of its own; hashes that cost next to nothing."""
    auth = Auth.on(database, Sealer("a master key of the tests, long enough"), issuer="https://simurgh.example", environment="test")
    return replace(auth, hasher=Hasher(memory_kib=64))
