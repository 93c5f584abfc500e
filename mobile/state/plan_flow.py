"""Plan, look, apply: a write is first shown, then done with the plan's token and one idempotency key.

Without network it waits as a draft. A plan from before is never applied after: what would change is asked anew, and the key
keeps a first try whose answer was lost from being done twice.
"""

import uuid
from enum import Enum
from typing import Any

from mobile.gateway import failures
from mobile.state.loading import explain
from mobile.state.observe import Observable
from mobile.state.services import Services


class Step(Enum):
    """Where a write stands."""

    PLANNING = "planning"
    WAITING = "waiting for the network"
    PLANNED = "planned"
    APPLYING = "applying"
    DONE = "done"
    REFUSED = "refused"


class PlanFlow(Observable):
    """One write of one content; another content is another flow with another key, where the mutation has one."""

    def __init__(self, services: Services, operation: str, content: dict[str, Any], *, has_key: bool = True) -> None:
        super().__init__()
        self.services = services
        self.step = Step.PLANNING
        self.plan: dict[str, Any] = {}
        self.changed_labels: frozenset[str] = frozenset()
        self.is_stale = False
        self.was_lost = False
        """The network was lost since it was last shown, so that what is shown was asked anew."""
        self.problem: str | None = None
        self.payload: dict[str, Any] = {}
        self._operation = operation
        self._content = content
        self._key = {"idempotencyKey": str(uuid.uuid4())} if has_key else {}
        self._outages = services.network.outages
        self._is_dropped = False

    async def preview(self) -> None:
        """Asks what would change; nothing happens. Without network it waits, and asks once it is back."""
        network = self.services.network
        while not self._is_dropped:
            self.step, self.problem, self._outages = Step.PLANNING, None, network.outages
            self.changed()
            payload = await self._run("PLAN", None, otherwise=Step.REFUSED)
            if payload is not None:
                self._show(payload)
            if self.step is not Step.WAITING:
                return
            self.was_lost = True
            await network.back()

    async def apply(self) -> bool:
        """Does what was shown, unless the network was lost since: then shows anew. True once done."""
        if self._outages != self.services.network.outages:
            self.was_lost = True
            await self.preview()
            return False
        self.step, self.problem, self.was_lost = Step.APPLYING, None, False
        self.changed()
        payload = await self._run("APPLY", self.plan["token"], otherwise=Step.PLANNED)
        if self.step is Step.WAITING:
            self.was_lost = True
            await self.services.network.back()
            await self.preview()
        if payload is None:
            return False
        if payload["__typename"] == "PlanStale":
            self._show(payload)
            return False
        if "plan" not in payload:
            self.problem = _words(payload)
            self.step = Step.REFUSED
            self.changed()
            return False
        self.payload, self.step = payload, Step.DONE
        self.changed()
        return True

    def drop(self) -> None:
        """Nobody waits for it any more."""
        self._is_dropped = True

    @property
    def rejected(self) -> list[dict[str, Any]]:
        """Rows that keep the whole from being done."""
        return list(self.payload.get("exclusions", []))

    def _show(self, payload: dict[str, Any]) -> None:
        if "plan" not in payload:
            self.payload = payload
            self.problem = _words(payload)
            self.step = Step.REFUSED
        else:
            was, fresh = self.plan, payload["plan"]
            self.is_stale = bool(was)
            self.changed_labels = _differences(was, fresh) if was else frozenset()
            self.plan = fresh
            self.step = Step.PLANNED
        self.changed()

    async def _run(self, mode: str, token: str | None, *, otherwise: Step) -> dict[str, Any] | None:
        asked = self._content | self._key | {"mode": mode, "planToken": token}
        try:
            return await self.services.gateway.mutate(self._operation, {"input": asked})
        except failures.SessionEnded:
            self.services.session.end()
        except failures.Offline:
            otherwise = Step.WAITING
        except failures.Failure as failure:
            self.problem = explain(self.services.say, failure)[1]
        self.step = otherwise
        self.changed()
        return None


def _words(payload: dict[str, Any]) -> str:
    return str(payload["message"])


def _differences(was: dict[str, Any], fresh: dict[str, Any]) -> frozenset[str]:
    """Labels of the lines that came, went or differ; `total` when the price did."""
    before = {(one["label"], one["field"]): one for one in was["changes"]}
    after = {(one["label"], one["field"]): one for one in fresh["changes"]}
    labels = {key[0] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    left_before = {one["label"] for one in was["exclusions"]}
    labels |= left_before ^ {one["label"] for one in fresh["exclusions"]}
    if was["total"] != fresh["total"]:
        labels.add("total")
    return frozenset(labels)
