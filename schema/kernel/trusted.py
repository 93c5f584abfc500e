"""The documents of our own clients by the SHA-256 of their text: one list for each release, written by `python3 x.py fix`."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LISTS = Path(__file__).resolve().parents[1] / "trusted_documents"
_ID = re.compile(r"sha256:([0-9a-f]{64})")


@cache
def own_documents() -> Mapping[str, str]:
    """The texts by SHA-256 in hex: those of earlier releases stay as long as their list does, for apps that weren't updated yet."""
    return {digest: text for file in sorted(LISTS.glob("*.json")) for digest, text in json.loads(file.read_text(encoding="utf-8")).items()}


def id_of(digest: str) -> str:
    """The id of the document with this SHA-256."""
    return f"sha256:{digest}"


def digest_in(document_id: object) -> str | None:
    """The SHA-256 that an id such as `sha256:…` names (GraphQL over HTTP, persisted documents); null for anything else."""
    found = _ID.fullmatch(document_id) if isinstance(document_id, str) else None
    return found[1] if found else None
