"""One SIM card: figures, bundles, usage, identity; its access points come when their tab opens."""

from typing import Any

from mobile.state.loading import Loadable
from mobile.state.services import Services

TABS = ("overview", "usage", "apn", "identity")


class SimDetail(Loadable):
    """A card by its id."""

    def __init__(self, services: Services, sim_id: str, tab: str = "overview") -> None:
        super().__init__(services)
        self.sim_id = sim_id
        self.tab = tab
        self.sim: dict[str, Any] = {}
        self.apns = SimApns(services, sim_id)

    async def fetch(self) -> bool:
        """Brings the card."""
        data: Any = await self.ask("SimDetail", by={"id": self.sim_id})
        self.sim = data["sim"]
        return False

    def open_tab(self, tab: str) -> None:
        """Shows another part of the card."""
        self.tab = tab
        self.changed()

    def may(self, permission: str) -> bool:
        """Its state and the viewer's role allow it now."""
        return permission in self.sim.get("viewerCan", [])

    @property
    def title(self) -> str:
        """Its number, or its serial while it has none."""
        say = self.services.say
        return say.phone(self.sim["msisdn"]) if self.sim["msisdn"] else say.code(self.sim["iccid"])

    @property
    def subtitle(self) -> str:
        """Who carries it and where it is booked."""
        parts = ((self.sim["holder"] or {}).get("name"), (self.sim["costCentre"] or {}).get("name") or self.sim["account"]["name"])
        return " · ".join(part for part in parts if part)


class SimApns(Loadable):
    """The active access points of a card."""

    def __init__(self, services: Services, sim_id: str) -> None:
        super().__init__(services)
        self.sim_id = sim_id
        self.rows: list[dict[str, Any]] = []

    async def fetch(self) -> bool:
        """Brings them; empty when none is active."""
        data: Any = await self.ask("SimApns", id=self.sim_id)
        self.rows = data["sim"]["apns"] or []
        return not self.rows
