"""The committed text of the GraphQL schema, and whether it still says what the code does."""

from difflib import unified_diff
from pathlib import Path

from schema.root import schema


def printed() -> str:
    """The schema as the code declares it."""
    return schema.as_str().rstrip("\n") + "\n"


def differences(snapshot: Path) -> list[str]:
    """The lines in which the file and the code differ, as a patch; empty when they agree."""
    committed = snapshot.read_text() if snapshot.exists() else ""
    return list(unified_diff(committed.splitlines(), printed().splitlines(), str(snapshot), "the code", lineterm="", n=1))
