"""The states every screen can be in while its data comes, and which words explain a failure."""

from datetime import datetime, timedelta
from enum import Enum

from mobile.gateway import failures
from mobile.state.observe import Observable
from mobile.state.services import Services
from mobile.state.speech import Speech

OLD = timedelta(minutes=15)


class Phase(Enum):
    """Where a screen's data stands."""

    LOADING = "loading"
    READY = "ready"
    EMPTY = "empty"
    NO_RIGHT = "no right"
    ERROR = "error"


class Loadable(Observable):
    """Loads once and again; keeps what it has when a later load fails."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.phase = Phase.LOADING
        self.failure: failures.Failure | None = None
        self.seen_at: datetime | None = None
        self.is_cached = False

    @property
    def is_old(self) -> bool:
        """What is shown is over 15 minutes old."""
        return self.seen_at is not None and self.services.now() - self.seen_at > OLD

    async def load(self) -> None:
        """Brings the data; the outcome shows in `phase` and `failure`."""
        has_data = self.phase in (Phase.READY, Phase.EMPTY)
        if not has_data:
            self.phase = Phase.LOADING
        self.failure = None
        self.changed()
        try:
            is_empty = await self.fetch()
        except failures.SessionEnded:
            self.services.session.end()
            return
        except failures.NoRight as failure:
            self.phase, self.failure = Phase.NO_RIGHT, failure
        except failures.Failure as failure:
            self.failure = failure
            if not has_data:
                self.phase = Phase.ERROR
        else:
            self.phase = Phase.EMPTY if is_empty else Phase.READY
        self.changed()

    async def fetch(self) -> bool:
        """Brings the data into attributes; True when there is nothing to show."""
        raise NotImplementedError

    async def ask(self, operation: str, **variables: object) -> dict[str, object]:
        """Queries the server and notes how fresh the answer is."""
        answer = await self.services.gateway.query(operation, variables)
        self.seen_at, self.is_cached = answer.at, answer.is_cached
        return answer.data


def explain(say: Speech, failure: failures.Failure) -> tuple[str, str]:
    """Title and sentence for a failure: what happened, then what to do."""
    for kind, key in (
        (failures.Offline, "offline"),
        (failures.SessionEnded, "session"),
        (failures.NoRight, "no_right"),
        (failures.NotFound, "not_found"),
        (failures.TooMany, "too_many"),
        (failures.OutOfDate, "out_of_date"),
    ):
        if isinstance(failure, kind):
            return say(f"failure.{key}.title"), say(f"failure.{key}.text")
    return say("failure.fault.title"), say("failure.fault.text")
