"""Holders come in for the cards of a scope alone: what is empty stays, all or nothing, and cards are found by their new holders."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import col, select

from domain.accounts.tables import CostCentre
from domain.imports.service import Wish, import_holders
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy
from domain.kernel.scope import SYSTEM
from domain.kernel.text import fold
from domain.sims.tables import Sim
from store.session import Database
from tests.world import NOW, TwoTenants

WISH = Wish(SYSTEM, NOW)
SKIP = replace(WISH, policy=BulkErrorPolicy.SKIP_FAILED)


async def cards(database: Database) -> list[Sim]:
    async with database.read() as session:
        return list((await session.scalars(select(Sim).order_by(col(Sim.iccid)))).all())


@pytest.mark.parametrize("is_manager", [False, True])
async def test_only_cards_in_scope_are_written_and_only_what_is_given(
    database: Database, two_tenants: TwoTenants, tmp_path: Path, is_manager: bool
) -> None:
    one = two_tenants.one
    actor = one.as_account_manager() if is_manager else one.as_profile_manager()
    office, field, foreign = one.sims[11], one.sims[5], two_tenants.other.sims[0]
    before = {card.id: card for card in await cards(database)}
    path = tmp_path / "holders.csv"
    path.write_text(
        "شماره,نام دارنده,مرکز هزینه,برچسب\n"
        f"{field.msisdn},نگار بهار,1204,شب|vip\n"
        f"{office.msisdn},مریم,,\n"
        f"{foreign.msisdn},دزد,,\n",
        encoding="utf-8",
    )
    scope = actor.scope(Permission.SIM_READ, NOW)

    refused = await import_holders(database, path, WISH, scope)
    untouched = {card.id: card.holder_name for card in await cards(database)}
    report = await import_holders(database, path, SKIP, scope)

    assert not refused.is_written and untouched == {id: card.holder_name for id, card in before.items()}
    assert [reject.line for reject in report.rejects] == ([3, 4] if is_manager else [4])
    after = {card.id: card for card in await cards(database)}
    async with database.read() as session:
        centre = (await session.scalars(select(CostCentre).where(col(CostCentre.organization_id) == one.id))).one()
    changed = after[field.id]
    assert (changed.holder_name, changed.cost_centre_id, changed.tags) == ("نگار بهار", centre.id, "|شب|vip|")
    assert fold("نگار") in changed.search and changed.msisdn in changed.search and "1204" in changed.search
    assert (changed.status, changed.path, changed.debt) == (before[field.id].status, before[field.id].path, before[field.id].debt)
    assert after[office.id].holder_name == (before[office.id].holder_name if is_manager else "مریم")
    assert after[foreign.id] == before[foreign.id]
    assert report.made_count == (1 if is_manager else 2)


async def test_again_makes_no_difference(database: Database, two_tenants: TwoTenants, tmp_path: Path) -> None:
    path = tmp_path / "holders.csv"
    path.write_text(f"msisdn,holder\n{two_tenants.one.sims[0].msisdn},Nima\n", encoding="utf-8")
    scope = two_tenants.one.as_profile_manager().scope(Permission.SIM_READ, NOW)

    first, again = [await import_holders(database, path, WISH, scope) for _ in range(2)]

    assert (first.made_count, first.present, again.made_count, again.present) == (1, 0, 0, 1)
