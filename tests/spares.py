"""Spare cards for tests: no number, never used, with PUK codes of their own."""

from domain.kernel.ids import uuid7
from domain.kernel.sealing import Sealer
from domain.sims import counters
from domain.sims.intake import search_text
from domain.sims.puk import Codes, sealed_secret
from domain.sims.states import Barring, SimStatus
from domain.sims.tables import Sim, SimPlacement, SimSecret, SimState
from store.session import Database
from tests.world import NOW, Tenant, luhn

CODES = Codes("11112222", "33334444")


async def make_spare(database: Database, tenant: Tenant, sealer: Sealer, *, serial: int = 900, account: str = "sales") -> Sim:
    """A spare card under an account of the company."""
    place, iccid = tenant.accounts[account], luhn(f"899835{serial:012d}")
    sim = Sim(
        id=uuid7(), organization_id=tenant.id, account_id=place.id, path=place.path, iccid=iccid, imsi=f"43235{serial:010d}",
        status=SimStatus.READY_TO_ACTIVATE, status_since=NOW, barring=Barring.NONE, payment_mode="POSTPAID", figures_at=NOW,
        figures_source="BILLING", search=search_text(None, iccid),
    )  # fmt: skip
    async with database.write() as session:
        session.add(sim)
        await session.flush()
        session.add(SimPlacement(id=uuid7(), organization_id=tenant.id, sim_id=sim.id, account_id=place.id, valid_from=NOW))
        session.add(SimState(id=uuid7(), organization_id=tenant.id, sim_id=sim.id, status=sim.status, valid_from=NOW))
        session.add(SimSecret(**sealed_secret(sealer, tenant.id, sim.id, CODES)))
        await counters.add(session, tenant.id, {(place.id, sim.status): 1})
    return sim
