"""The states every screen can be in while its data comes, and which words explain a failure."""

from contextvars import ContextVar
from datetime import datetime, timedelta
from enum import Enum

from mobile.gateway import failures
from mobile.gateway.client import Answer
from mobile.state.observe import Observable
from mobile.state.services import Services
from mobile.state.speech import Speech

OLD = timedelta(minutes=15)
_RECALLS: ContextVar[bool] = ContextVar("recalls", default=False)
"""What is asked in this task is answered by the offline copy alone."""


class Phase(Enum):
    """Where a screen's data stands."""

    LOADING = "loading"
    READY = "ready"
    EMPTY = "empty"
    NO_RIGHT = "no right"
    ERROR = "error"


class Loadable(Observable):
    """Loads once and again: first what is kept on the device, then what the server says; keeps what it has when a later load fails."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.phase = Phase.LOADING
        self.failure: failures.Failure | None = None
        self.seen_at: datetime | None = None
        self.is_cached = False
        self.is_asking = False

    @property
    def is_old(self) -> bool:
        """What is shown is over 15 minutes old."""
        return self.seen_at is not None and self.services.now() - self.seen_at > OLD

    @property
    def is_behind(self) -> bool:
        """What is shown is not what the server last said, and nobody is on the way to ask it."""
        return not self.is_asking and (self.is_cached or self.failure is not None)

    async def load(self, *, is_other: bool = False) -> None:
        """Brings the data; the outcome shows in `phase` and `failure`. `is_other`: another thing is asked for than the one shown."""
        has_data = self.phase in (Phase.READY, Phase.EMPTY) and not is_other
        if self.phase not in (Phase.READY, Phase.EMPTY):
            self.phase = Phase.LOADING
        self.failure, self.is_asking = None, True
        self.changed()
        try:
            has_data = has_data or await self._recalled()
            self._show(is_empty=await self.fetch())
        except failures.SessionEnded:
            self.services.session.end()
        except failures.NoRight as failure:
            self.phase, self.failure = Phase.NO_RIGHT, failure
        except failures.Failure as failure:
            self.failure = failure
            if not has_data:
                self.phase = Phase.ERROR
        finally:
            self.is_asking = False
            self.changed()

    async def resume(self) -> None:
        """Goes on where the network was lost."""
        await self.load()

    async def _recalled(self) -> bool:
        """Shows what is kept on the device; False when that is nothing, or not all of it."""
        token = _RECALLS.set(True)
        try:
            self._show(is_empty=await self.fetch())
        except failures.Failure:
            return False
        finally:
            _RECALLS.reset(token)
        self.changed()
        return True

    def _show(self, *, is_empty: bool) -> None:
        self.phase = Phase.EMPTY if is_empty else Phase.READY

    async def fetch(self) -> bool:
        """Brings the data into attributes; True when there is nothing to show."""
        raise NotImplementedError

    async def ask(self, operation: str, **variables: object) -> dict[str, object]:
        """Queries the server and notes how fresh the answer is."""
        answer = await self.answer(operation, variables)
        self.seen_at, self.is_cached = answer.at, answer.is_cached
        return answer.data

    async def answer(self, operation: str, variables: dict[str, object]) -> Answer:
        """What the server, or without it the device, says; raises Offline when neither does."""
        if not _RECALLS.get():
            return await self.services.gateway.query(operation, variables)
        kept = await self.services.gateway.recall(operation, variables)
        if kept is None:
            raise failures.Offline
        return kept


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
