"""What people know a card by inside their company, and which changes of it are allowed: holder, cost centre, free labels; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from domain.kernel.errors import InvalidInput, NotEligible

MOST_TAGS = 20
LONGEST_TAG = 40
LONGEST_NAME = 120
LONGEST_CODE = 40
NEVER_IN_TAGS = frozenset("|,;\u060c\u061b")
"""What stands between labels in files, Latin and Persian."""
BETWEEN_TAGS = ", "
"""How the labels of a card are told as one text."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What people know a card by inside their company: who carries it, where its costs go, its free labels in order."""

    holder: str | None
    employee_number: str | None
    cost_centre: str | None
    tags: tuple[str, ...]


class Keep(Enum):
    """Says that a value stays as it is, where null would empty it."""

    AS_IT_IS = "AS_IT_IS"


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to change of a card's labels; a holder is a name and an employee number, null empties."""

    holder: tuple[str, str | None] | Keep | None = Keep.AS_IT_IS
    cost_centre: str | Keep | None = Keep.AS_IT_IS
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


def check_edit(edit: Edit) -> Edit:
    """The edit with its words trimmed; raises `InvalidInput` for one that changes nothing, is too long or can't be a label."""
    if edit == Edit():
        raise InvalidInput("sims.nothing_to_change")
    holder, cost_centre = edit.holder, edit.cost_centre
    if isinstance(holder, tuple):
        name = _word(holder[0], LONGEST_NAME, "holder", "name")
        number = _word(holder[1], LONGEST_CODE, "holder", "employeeNumber") if holder[1] and holder[1].strip() else None
        holder = (name, number)
    if isinstance(cost_centre, str):
        cost_centre = _word(cost_centre, LONGEST_CODE, "costCentreCode")
    added, removed = _tags(edit.add_tags, "addTags"), _tags(edit.remove_tags, "removeTags")
    if both := set(added) & set(removed):
        raise InvalidInput("sims.tag_both_ways", field=("addTags",), tag=min(both))
    return Edit(holder, cost_centre, added, removed)


def _word(given: str, most: int, *field: str) -> str:
    word = " ".join(given.split())
    if not word:
        raise InvalidInput("error.invalid_input", field=field)
    if len(word) > most:
        raise InvalidInput("error.too_long", field=field, most=most)
    return word


def _tags(given: Sequence[str], field: str) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys(" ".join(tag.split()) for tag in given))
    if len(tags) > MOST_TAGS:
        raise InvalidInput("error.too_many", field=(field,), most=MOST_TAGS)
    if any(not 1 <= len(tag) <= LONGEST_TAG or NEVER_IN_TAGS & set(tag) for tag in tags):
        raise InvalidInput("sims.tag", field=(field,), longest=LONGEST_TAG)
    return tags


def edited(now: Labels, edit: Edit) -> Labels:
    """The labels after an edit; raises `NotEligible` for a card that would bear more than 20."""
    holder, number = (now.holder, now.employee_number) if isinstance(edit.holder, Keep) else edit.holder or (None, None)
    cost_centre = now.cost_centre if isinstance(edit.cost_centre, Keep) else edit.cost_centre
    tags = tuple(tag for tag in dict.fromkeys((*now.tags, *edit.add_tags)) if tag not in edit.remove_tags)
    if len(tags) > MOST_TAGS and len(tags) > len(now.tags):
        raise NotEligible("sims.too_many_tags", most=MOST_TAGS)
    return Labels(holder, number, cost_centre, tags)
