"""Several models side by side under one page: one of them is in front."""

from datetime import datetime
from typing import Any

from mobile.state.observe import Observable
from mobile.state.services import Services


class Tabs(Observable):
    """The models by the names of their tabs; what was once looked at is kept up to date with the rest."""

    def __init__(self, services: Services, models: dict[str, Any]) -> None:
        super().__init__()
        self.services, self.models = services, models
        self.tab = next(iter(models))

    @property
    def model(self) -> Any:
        """The one in front."""
        return self.models[self.tab]

    def show(self, tab: str) -> None:
        """Brings a tab to the front."""
        if tab != self.tab:
            self.tab = tab
            self.changed()

    @property
    def seen_at(self) -> datetime | None:
        """When the one in front was last heard of."""
        seen: datetime | None = self.model.seen_at
        return seen

    @property
    def is_behind(self) -> bool:
        """One that was looked at isn't what the server last said."""
        return any(model.is_behind for model in self.models.values())

    async def load(self) -> None:
        """Asks again for whatever was looked at."""
        for tab, model in self.models.items():
            if model.seen_at is not None or tab == self.tab:
                await model.load()

    async def resume(self) -> None:
        """Goes on with those that stayed behind."""
        for model in self.models.values():
            if model.is_behind:
                await model.resume()
