"""Finds the text of a GraphQL operation by its name among the app's documents."""

import pathlib
import re
from functools import cache

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "documents"
_OPERATION = re.compile(r"^(?:query|mutation) (\w+)", re.MULTILINE)
_PART = re.compile(r"^(?:query|mutation|fragment) (\w+)", re.MULTILINE)
_SPREAD = re.compile(r"\.\.\. ?(\w+)")


@cache
def operation(name: str) -> str:
    """The operation of that name with just the fragments it spreads; a KeyError when no document has it."""
    parts = _parts()[name]
    wanted, seen = [name], {name}
    for part in wanted:
        for spread in _SPREAD.findall(parts[part]):
            if spread in parts and spread not in seen:
                seen.add(spread)
                wanted.append(spread)
    return "\n".join(parts[part] for part in wanted)


@cache
def _parts() -> dict[str, dict[str, str]]:
    """For each operation, the parts (operations and fragments) of the file it stands in."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(FOLDER.glob("*.graphql")):
        text = file.read_text(encoding="utf-8")
        starts = [*_PART.finditer(text)]
        ends = [*(start.start() for start in starts[1:]), len(text)]
        parts = {start[1]: text[start.start() : end].strip() for start, end in zip(starts, ends, strict=True)}
        found |= dict.fromkeys(_OPERATION.findall(text), parts)
    return found
