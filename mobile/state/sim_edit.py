"""Editing what SIM cards are known by: holder, cost centre and tags, then the plan."""

import re
from typing import Any

from mobile.state.digits import plain
from mobile.state.plan_flow import PlanFlow
from mobile.state.selection import Selection
from mobile.state.services import Services

BETWEEN_TAGS = re.compile("[,;\u060c\u061b]")


class SimEdit:
    """What is typed for one card, whose words are there already, or for many, of which only what is typed changes."""

    def __init__(self, services: Services, selection: Selection, sim: dict[str, Any] | None = None) -> None:
        self.services = services
        self.selection = selection
        self.is_one = sim is not None
        known = sim or {}
        holder = known.get("holder") or {}
        self.name: str = holder.get("name") or ""
        self.number: str = holder.get("employeeNumber") or ""
        self.centre: str = (known.get("costCentre") or {}).get("code") or ""
        self.tags: tuple[str, ...] = tuple(known.get("tags") or ())
        self.added: tuple[str, ...] = ()
        self.removed: tuple[str, ...] = ()
        self._before = self._holder(), self._code()

    def toggle(self, tag: str) -> None:
        """Takes a tag of the card off, or leaves it on after all."""
        self.removed = tuple(one for one in self.removed if one != tag) if tag in self.removed else (*self.removed, tag)

    @property
    def problem(self) -> str | None:
        """Why there is nothing to ask for yet."""
        if self.number.strip() and not self.name.strip():
            return self.services.say("edit.needs_name")
        return None if self._asked() else self.services.say("edit.nothing")

    def edit(self) -> PlanFlow:
        """Changes what can be changed; the others are left out by name."""
        content = {"sims": self.selection.asked, "errorPolicy": "SKIP_FAILED"} | self._asked()
        return PlanFlow(self.services, "SimUpdate", content, has_key=False)

    def _asked(self) -> dict[str, Any]:
        """What differs from the card: absent stays, null empties."""
        holder, centre = self._before
        asked: dict[str, Any] = {}
        if self._holder() != holder:
            asked["holder"] = self._holder()
        if self._code() != centre:
            asked["costCentreCode"] = self._code()
        if added := [tag for tag in self.added if tag not in self.tags]:
            asked["addTags"] = added
        if self.removed:
            asked["removeTags"] = list(self.removed)
        return asked

    def _holder(self) -> dict[str, str | None] | None:
        name = " ".join(self.name.split())
        return {"name": name, "employeeNumber": plain(self.number).strip() or None} if name else None

    def _code(self) -> str | None:
        return plain(self.centre).strip() or None


def tags_in(typed: str) -> tuple[str, ...]:
    """The tags of a line, each once, with Latin or Persian commas between them."""
    words = (" ".join(tag.split()) for tag in BETWEEN_TAGS.split(typed))
    return tuple(dict.fromkeys(word for word in words if word))
