"""Plan, look, apply: a write is first shown, then done with the plan's token and one idempotency key."""

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
    PLANNED = "planned"
    APPLYING = "applying"
    DONE = "done"
    REFUSED = "refused"


class PlanFlow(Observable):
    """One write of one content; another content is another flow with another key."""

    def __init__(self, services: Services, operation: str, content: dict[str, Any]) -> None:
        super().__init__()
        self.services = services
        self.step = Step.PLANNING
        self.plan: dict[str, Any] = {}
        self.changed_labels: frozenset[str] = frozenset()
        self.is_stale = False
        self.problem: str | None = None
        self.payload: dict[str, Any] = {}
        self._operation = operation
        self._content = content
        self._key = str(uuid.uuid4())

    async def preview(self) -> None:
        """Asks what would change; nothing happens."""
        self.step, self.problem = Step.PLANNING, None
        self.changed()
        payload = await self._run("PLAN", None, otherwise=Step.REFUSED)
        if payload is not None:
            self._show(payload)

    async def apply(self) -> bool:
        """Does what was shown. A lost answer may be asked for again: the key makes it the same write. True once done."""
        self.step, self.problem = Step.APPLYING, None
        self.changed()
        payload = await self._run("APPLY", self.plan["token"], otherwise=Step.PLANNED)
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
        asked = self._content | {"mode": mode, "planToken": token, "idempotencyKey": self._key}
        try:
            return await self.services.gateway.mutate(self._operation, {"input": asked})
        except failures.SessionEnded:
            self.services.session.end()
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
