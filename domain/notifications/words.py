"""Parameters of a message as they are stored, so that whoever reads it later has them written in their language."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from domain.kernel.calendar import JalaliMonth
from domain.kernel.money import Money

_READ: Mapping[str, Callable[[Any], object]] = {
    "rials": Money, "instant": datetime.fromisoformat, "day": date.fromisoformat, "month": JalaliMonth.parse,
}  # fmt: skip


def stored(words: Mapping[str, object]) -> dict[str, Any]:
    """Texts and whole numbers as they are, the rest with what it is."""
    return {name: _stored(value) for name, value in words.items()}


def restored(params: Mapping[str, Any]) -> dict[str, object]:
    """What was stored."""
    return {name: _restored(value) for name, value in params.items()}


def _stored(value: object) -> Any:
    match value:
        case Money():
            return {"rials": value.minor}
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case JalaliMonth():
            return {"month": str(value)}
        case str() | int():
            return value
        case _:
            raise TypeError(f"{type(value).__name__} is no word of a notice")


def _restored(value: Any) -> object:
    if isinstance(value, dict):
        ((kind, plain),) = value.items()
        return _READ[kind](plain)
    return value
