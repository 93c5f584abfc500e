"""Personal data as support sees it: enough to recognise, not enough to know."""

from schema.kernel.context import Info

DOTS = "•••"


def is_masked(info: Info) -> bool:
    """Whether the viewer sees personal data masked."""
    return info.context.actor is not None and info.context.actor.is_masked


def name(info: Info, value: str | None) -> str | None:
    """A name's first letters: `A••• R•••`."""
    if value is None or not is_masked(info):
        return value
    return " ".join(word[:1] + DOTS for word in value.split()) or DOTS


def phone(info: Info, value: str | None) -> str | None:
    """A phone number's country and last two digits: `+98•••67`."""
    if value is None or not is_masked(info):
        return value
    return value[:3] + DOTS + value[-2:]


def email(info: Info, value: str | None) -> str | None:
    """An address's first letter and its domain's ending: `a•••@•••.com`."""
    if value is None or not is_masked(info):
        return value
    return f"{value[:1]}{DOTS}@{DOTS}.{value.rpartition('.')[2]}"
