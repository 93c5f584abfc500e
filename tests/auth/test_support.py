"""Support views: read-only, masked, one organization, thirty minutes or until the ticket closes."""

from datetime import timedelta

import pytest
from sqlmodel import select

from auth import queries
from auth.actor import Actor
from auth.policy import READS
from auth.proofs import Answer
from auth.sessions import Tokens, session_revoke, session_step_up
from auth.support import support_session_open
from auth.totp import totp_enroll
from domain.audit import chain
from domain.audit.tables import AuditEntry
from domain.kernel.errors import Forbidden, InvalidInput, NotFound, StateConflict
from domain.kernel.ids import uuid7
from domain.kernel.permissions import Permission, Role
from domain.people.tables import Membership
from domain.tickets.tables import Ticket, TicketState
from tests.desk import CLIENT, Desk

REASON = "The customer has no data on twelve lines"


async def opened(desk: Desk) -> tuple[Actor, Tokens]:
    """A support person's view of the company."""
    support = await desk.actor(await desk.hire(Role.SUPPORT))
    return support, await support_session_open(desk.auth, support, await desk.ticket(), REASON, CLIENT, at=desk.at)


async def test_a_view_reads_one_organization_masked(desk: Desk) -> None:
    _, tokens = await opened(desk)
    view = await desk.who(tokens.access_token)

    assert view
    assert tokens.refresh_token is None
    assert (view.permissions, view.is_masked, view.is_read_only) == (READS, True, True)
    assert view.ref.ticket_id
    for permission in READS:
        scope = view.scope(permission, desk.at)
        assert scope.is_masked
        assert scope.covers(desk.tenant.id, desk.tenant.accounts["office"].path)
        assert not scope.covers(desk.tenants.other.id, desk.tenants.other.accounts["office"].path)


async def test_a_view_writes_nothing_not_even_its_own(desk: Desk) -> None:
    _, tokens = await opened(desk)
    view = await desk.who(tokens.access_token)
    assert view

    assert not view.proof.is_fresh(desk.at)
    for permission in set(Permission) - READS:
        with pytest.raises(Forbidden):
            view.scope(permission, desk.at)
    with pytest.raises(Forbidden):
        await totp_enroll(desk.auth, view, label=None, at=desk.at)
    with pytest.raises(Forbidden):
        await session_step_up(desk.auth, view, Answer(uuid7(), "000000"), CLIENT, at=desk.at)
    with pytest.raises(Forbidden):
        await support_session_open(desk.auth, view, await desk.ticket(desk.tenants.other), REASON, CLIENT, at=desk.at)


async def test_a_view_lasts_thirty_minutes_in_tokens_of_fifteen(desk: Desk) -> None:
    support, tokens = await opened(desk)
    assert view_ids(await views(desk)) == [tokens.session_id]
    async with desk.auth.database.read() as session:
        ticket_id = (await session.scalars(select(Ticket.id))).one()
    desk.wait(minutes=15)
    assert await desk.who(tokens.access_token) is None

    again = await support_session_open(desk.auth, support, ticket_id, REASON, CLIENT, at=desk.at)
    assert again.session_id == tokens.session_id
    assert again.access_expires_at == desk.at + timedelta(minutes=15)
    desk.wait(minutes=14, seconds=59)
    assert await desk.who(again.access_token)
    desk.wait(seconds=1)
    assert await desk.who(again.access_token) is None
    assert await views(desk) == []


async def test_a_view_ends_when_the_ticket_closes(desk: Desk) -> None:
    _, tokens = await opened(desk)
    view = await desk.who(tokens.access_token)
    assert view
    assert view.ref.ticket_id

    await desk.change(Ticket, view.ref.ticket_id, state=TicketState.CLOSED)

    assert await desk.who(tokens.access_token) is None
    assert await views(desk) == []


async def test_a_view_ends_with_the_session_it_came_from_and_with_the_role(desk: Desk) -> None:
    support, tokens = await opened(desk)
    await session_revoke(desk.auth, support, None, at=desk.at)
    assert await desk.who(tokens.access_token) is None

    another = await desk.actor(desk.people[Role.SUPPORT])
    tokens = await support_session_open(desk.auth, another, await desk.ticket(desk.tenants.other), REASON, CLIENT, at=desk.at)
    assert await desk.who(tokens.access_token)
    async with desk.auth.database.read() as session:
        held = (await session.scalars(select(Membership).where(Membership.person_id == desk.people[Role.SUPPORT].id))).one()
    await desk.change(Membership, held.id, valid_to=desk.at)
    assert await desk.who(tokens.access_token) is None


async def test_a_view_can_be_ended_from_inside(desk: Desk) -> None:
    support, tokens = await opened(desk)
    view = await desk.who(tokens.access_token)
    assert view
    assert support.session_id

    with pytest.raises(Forbidden):
        await session_revoke(desk.auth, view, [support.session_id], at=desk.at)
    assert await session_revoke(desk.auth, view, None, at=desk.at) == [tokens.session_id]
    assert await desk.who(tokens.access_token) is None


async def test_opening_leaves_an_entry_in_the_customers_trail(desk: Desk) -> None:
    support, tokens = await opened(desk)

    async with desk.auth.database.read() as session:
        entry = (await session.scalars(select(AuditEntry))).one()
        assert await chain.first_broken(session, desk.tenant.id) is None
    assert (entry.organization_id, entry.action, entry.reason) == (desk.tenant.id, "supportSessionOpen", REASON)
    assert entry.person_id == support.person_id
    assert entry.is_operator
    assert [view.id for view in await views(desk)] == [tokens.session_id]


async def test_a_closed_or_unknown_ticket_and_an_empty_reason_open_nothing(desk: Desk) -> None:
    support = await desk.actor(await desk.hire(Role.SUPPORT))
    closed = await desk.ticket(state=TicketState.CLOSED)

    with pytest.raises(StateConflict):
        await support_session_open(desk.auth, support, closed, REASON, CLIENT, at=desk.at)
    with pytest.raises(NotFound):
        await support_session_open(desk.auth, support, uuid7(), REASON, CLIENT, at=desk.at)
    with pytest.raises(InvalidInput):
        await support_session_open(desk.auth, support, closed, "  ", CLIENT, at=desk.at)
    assert await views(desk) == []


@pytest.mark.parametrize("role", [None, Role.OPERATOR_ADMIN])
async def test_only_support_opens_views(desk: Desk, role: Role | None) -> None:
    actor = await desk.actor(await desk.hire(role) if role else desk.manager)

    with pytest.raises(Forbidden):
        await support_session_open(desk.auth, actor, await desk.ticket(), REASON, CLIENT, at=desk.at)


async def views(desk: Desk) -> list[queries.SessionRow]:
    """The company's banner."""
    async with desk.auth.database.read() as session:
        return (await queries.support_views(session, [desk.tenant.id], at=desk.at))[0]


def view_ids(rows: list[queries.SessionRow]) -> list[object]:
    return [row.id for row in rows]
