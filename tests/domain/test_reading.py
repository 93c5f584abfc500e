"""Statements made once serve every scope of their shape, and never with the bounds of another."""

from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.accounts.queries import accounts_by_ids
from domain.kernel.ids import uuid7
from domain.kernel.paging import Window
from domain.kernel.permissions import Permission
from domain.kernel.scope import ActorRef, Reach, Scope
from domain.sims.queries import sims_by_ids, sims_page
from store.session import Database, Session
from tests.world import NOW, Tenant, TwoTenants

places = st.tuples(st.integers(0, 1), st.sampled_from(["", "root", "sales", "field", "office"]))
reaches = st.one_of(st.just(None), st.lists(places, max_size=3))


def scope_of(two: TwoTenants, reach: list[tuple[int, str]] | None) -> Scope:
    """A scope over parts of both companies, or over everything."""
    both = two.one, two.other
    parts = [Reach(both[which].id, both[which].accounts[name].path if name else "") for which, name in reach or []]
    return Scope(ActorRef(uuid7(), "Reader"), Permission.SIM_READ, (Reach(None),) if reach is None else tuple(parts), NOW)


async def of_a_page(session: Session, scope: Scope, tenant: Tenant) -> set[UUID]:
    """Ids of cards on the whole page of a company."""
    path = tenant.accounts["root"].path
    return {row.id for row in (await sims_page(session, scope, tenant.id, path, window=Window(50))).rows}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(reaches, min_size=2, max_size=6))
async def test_every_read_shows_exactly_what_its_own_scope_covers(
    database: Database, two_tenants: TwoTenants, drawn: list[list[tuple[int, str]] | None]
) -> None:
    tenants = (two_tenants.one, two_tenants.other)
    accounts = [account for tenant in tenants for account in tenant.accounts.values()]
    sims = [sim for tenant in tenants for sim in tenant.sims]

    for scope in [scope_of(two_tenants, reach) for reach in drawn]:
        async with database.read() as session:
            seen_accounts = await accounts_by_ids(session, scope, [account.id for account in accounts])
            seen_sims = await sims_by_ids(session, scope, [sim.id for sim in sims])
            pages = [await of_a_page(session, scope, tenant) for tenant in tenants]

        assert [row is not None for row in seen_accounts] == [scope.covers(account.organization_id, account.path) for account in accounts]
        assert [row is not None for row in seen_sims] == [scope.covers(sim.organization_id, sim.path) for sim in sims]
        assert set.union(*pages) == {sim.id for sim in sims if scope.covers(sim.organization_id, sim.path)}
