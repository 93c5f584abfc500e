"""Personal data as support sees it: enough to recognise, not enough to know."""

from collections.abc import Callable

from domain.kernel.ids import Kind, Ref
from schema.kernel.context import Context

DOTS = "•••"


def is_masked(context: Context) -> bool:
    """Whether the viewer sees personal data masked."""
    return context.actor is not None and context.actor.is_masked


def name(context: Context, value: str | None) -> str | None:
    """A name's first letters: `A••• R•••`."""
    if value is None or context.actor is None or not context.actor.is_masked:  # asked of every row of a page
        return value
    return " ".join(word[:1] + DOTS for word in value.split()) or DOTS


def phone(context: Context, value: str | None) -> str | None:
    """A phone number's country and last two digits: `+98•••67`."""
    if value is None or not is_masked(context):
        return value
    return value[:3] + DOTS + value[-2:]


def email(context: Context, value: str | None) -> str | None:
    """An address's first letter and its domain's ending: `a•••@•••.com`."""
    if value is None or not is_masked(context):
        return value
    return f"{value[:1]}{DOTS}@{DOTS}.{value.rpartition('.')[2]}"


PERSONAL: dict[str, Callable[[Context, str | None], str | None]] = {
    "holder": name,
    "holderName": name,
    "contacts.name": name,
    "person.name": name,
    "approver": name,
    "mobile": phone,
    "phone": phone,
    "email": email,
    "receiptEmails": email,
}
"""Fields whose values are personal in a change, by their whole name or its last part, and their mask."""
PEOPLE = ("memberships", "person")
"""Changes of these fields bear a person's name as their label."""


def value(context: Context, field: str, value: str | None) -> str | None:
    """A value of a change, masked like the field it belongs to."""
    mask = PERSONAL.get(field) or PERSONAL.get(field.rpartition(".")[2])
    return mask(context, value) if mask else value


def label(context: Context, label: str, field: str, subject: Ref | None) -> str | None:
    """What a change is about: numbers of things as they are, names of people masked."""
    is_person = field.partition(".")[0] in PEOPLE or (subject is not None and subject.kind in {Kind.PERSON, Kind.MEMBERSHIP})
    return name(context, label) if is_person else label
