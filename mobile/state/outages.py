"""Outages that the operator tells of: for the bands on Home and before signing in; never in the way of anything else."""

from collections.abc import Awaitable, Callable
from typing import Any

from mobile.gateway import failures
from mobile.gateway.client import Answer


async def going_on(ask: Callable[[str, dict[str, Any]], Awaitable[Answer]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest first; what was known before when nobody can be asked."""
    try:
        found: list[dict[str, Any]] = (await ask("Incidents", {})).data["incidents"]
    except failures.Failure:
        return before
    return found
