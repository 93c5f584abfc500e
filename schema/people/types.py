"""Persons and their roles, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry

from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.scope import Scope
from domain.people import queries
from domain.people.queries import MembershipRow, PersonRow
from schema.accounts import loaders as account_loaders
from schema.engine.fields import rows_of
from schema.kernel import masks
from schema.kernel.context import Info
from schema.kernel.figures import After, Before, First, Last, Period
from schema.kernel.nodes import Node, global_id
from schema.kernel.pages import CountedConnection
from schema.people import loaders
from schema.people.enums import Role

if TYPE_CHECKING:
    from schema.accounts.types import Account, Organization
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]
    Organization = Annotated["Organization", strawberry.lazy("schema.accounts.types")]


@strawberry.type(description="Somebody who acts.")
class Person(Node):
    """Served from `PersonRow`; the operator's own people are not masked, customers see no more of them than the name."""

    id: strawberry.ID = global_id(Kind.PERSON)

    is_type_of = rows_of(PersonRow)

    @strawberry.field(description="Name in full, masked for support.")
    def name(self, info: Info) -> str:
        """First letters for support."""
        row = cast(PersonRow, self)
        return row.name if row.is_operator else masks.name(info.context, row.name) or ""

    @strawberry.field(description="Mobile number, masked for support.")
    def mobile(self, info: Info) -> str | None:
        """Country and last digits for support."""
        row = cast(PersonRow, self)
        return row.mobile if row.is_operator else masks.phone(info.context, row.mobile)

    @strawberry.field(description="E-mail address, masked for support.")
    def email(self, info: Info) -> str | None:
        """First letter and ending for support."""
        row = cast(PersonRow, self)
        return row.email if row.is_operator else masks.email(info.context, row.email)


@strawberry.type(description="A role of a person in an organization for a time.")
class Membership(Node):
    """Served from `MembershipRow`."""

    id: strawberry.ID = global_id(Kind.MEMBERSHIP)
    role: Role = strawberry.field(description="As what.")

    is_type_of = rows_of(MembershipRow)

    @strawberry.field(description="Who holds it.")
    async def person(self, info: Info) -> Person:
        """Read together with all others."""
        return cast(Person, await info.context.load(loaders.persons, cast(MembershipRow, self).person_id))

    @strawberry.field(description="Where, null for the operator's own people.")
    async def organization(self, info: Info) -> Organization | None:
        """Read together with all others."""
        id = cast(MembershipRow, self).organization_id
        return cast(Organization, await info.context.load(account_loaders.organizations, id)) if id else None

    @strawberry.field(description="Top of what it covers, the root for a profile manager; null for the operator's own people.")
    async def account(self, info: Info) -> Account | None:
        """Read together with all others."""
        id = cast(MembershipRow, self).account_id
        return cast(Account, await info.context.load(account_loaders.accounts, id)) if id else None

    @strawberry.field(description="When it holds.")
    def valid_for(self) -> Period:
        """From its first instant to its first instant outside."""
        row = cast(MembershipRow, self)
        return Period(starts_at=row.valid_from, ends_at=row.valid_to)


async def memberships_of_organization(
    root: strawberry.Parent[Any],
    info: Info,
    scope: Scope,
    as_of: Annotated[datetime | None, strawberry.argument(description="As it stood then.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> CountedConnection[Membership]:
    """`Organization.memberships`: one page in order of appointment, within the viewer's subtree."""
    window, at = Window.of(first, after, last, before), as_of or info.context.now
    async with info.context.read() as session:
        page = await queries.memberships_page(session, scope, root.id, window, as_of=at)

    async def count() -> int:
        async with info.context.read() as session:
            return await queries.memberships_count(session, scope, root.id, as_of=at)

    return cast(CountedConnection[Membership], CountedConnection[Membership].of(page, count))
