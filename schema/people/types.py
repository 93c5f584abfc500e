"""Persons and their roles, as a client sees them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.kernel.ids import Kind
from domain.kernel.paging import Window
from domain.kernel.scope import Scope
from domain.people import queries
from domain.people.queries import MembershipRow, PersonRow
from schema.accounts import loaders as account_loaders
from schema.engine.fields import batched, plain, rows_of
from schema.groups import loaders as group_loaders
from schema.kernel import masks
from schema.kernel.context import Context, Info
from schema.kernel.figures import After, Before, First, Last, Period
from schema.kernel.nodes import Node, global_id
from schema.kernel.pages import CountedConnection
from schema.people import loaders
from schema.people.enums import Role

if TYPE_CHECKING:
    from schema.accounts.types import Account, Organization
    from schema.groups.types import Group
else:
    Account = Annotated["Account", strawberry.lazy("schema.accounts.types")]
    Group = Annotated["Group", strawberry.lazy("schema.groups.types")]
    Organization = Annotated["Organization", strawberry.lazy("schema.accounts.types")]


def _name(row: PersonRow, context: Context) -> str:
    """First letters for support."""
    return row.name if row.is_operator else masks.name(context, row.name) or ""


def _mobile(row: PersonRow, context: Context) -> str | None:
    """Country and last digits for support."""
    return row.mobile if row.is_operator else masks.phone(context, row.mobile)


def _email(row: PersonRow, context: Context) -> str | None:
    """First letter and ending for support."""
    return row.email if row.is_operator else masks.email(context, row.email)


@strawberry.type(description="Somebody who acts.")
class Person(Node):
    """Served from `PersonRow`; the operator's own people are not masked, customers see no more of them than the name."""

    id: strawberry.ID = global_id(Kind.PERSON)

    is_type_of = rows_of(PersonRow)

    name: str = plain(_name, description="Name in full, masked for support.")
    mobile: str | None = plain(_mobile, description="Mobile number, masked for support.")
    email: str | None = plain(_email, description="E-mail address, masked for support.")


def _held(row: MembershipRow) -> Period:
    """Half-open."""
    return Period(starts_at=row.valid_from, ends_at=row.valid_to)


@strawberry.type(description="A role of a person in an organization for a time.")
class Membership(Node):
    """Served from `MembershipRow`."""

    id: strawberry.ID = global_id(Kind.MEMBERSHIP)
    role: Role = strawberry.field(description="As what.")

    is_type_of = rows_of(MembershipRow)

    person: Person = batched(loaders.persons, key="person_id", description="Who holds it.")
    organization: Organization | None = batched(
        account_loaders.organizations, key="organization_id", description="Where, null for the operator's own people."
    )
    account: Account | None = batched(
        account_loaders.accounts,
        key="account_id",
        description="Top of what it covers, the root for a profile manager; null for the operator's own people.",
    )
    group: Group | None = batched(group_loaders.groups_managed, key="group_id", description="The group, for a group manager.")
    valid_for: Period = plain(_held, description="When it holds.")


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
    return await CountedConnection[Membership].read(
        info.context,
        lambda session: queries.memberships_page(session, scope, root.id, window, as_of=at),
        lambda session: queries.memberships_count(session, scope, root.id, as_of=at),
    )
