"""Which text a request runs: its own, or that of the registered document it names; and whether a text of its own is let in at all."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from auth.actor import Actor
from domain.kernel.errors import DocumentsOnly, DocumentUnknown
from domain.trusted.queries import text_of
from schema.kernel.trusted import own_documents
from store.session import Database

KEPT = 512
KNOWN_FOR = timedelta(seconds=60)
"""How long a process goes on serving a document that another one took off the register."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The text to run, and whether an organization has registered it."""

    source: str
    is_registered: bool = False


class TrustedDocuments:
    """Finds texts by their SHA-256: our own clients' for everybody, an organization's for its people and programs alone."""

    def __init__(self, database: Database, *, only: bool) -> None:
        """With `only` no text runs that isn't registered, except for the operator's people, who look into what nobody foresaw."""
        self._database = database
        self._only = only
        self._known: OrderedDict[tuple[frozenset[UUID], str], tuple[str, datetime]] = OrderedDict()

    async def chosen(self, source: str | None, digest: str, actor: Actor | None, *, at: datetime) -> Chosen:
        """What a request runs that brings a text, or else names one by its hash; raises `DocumentUnknown` or `DocumentsOnly`."""
        if source is not None:
            if not self._only or (actor is not None and actor.ref.is_operator):
                return Chosen(source)
            digest = hashlib.sha256(source.encode()).hexdigest()
        if (own := own_documents().get(digest)) is not None:
            return Chosen(own)
        if actor is not None and (text := await self._registered(actor, digest, at)) is not None:
            return Chosen(text, is_registered=True)
        raise DocumentUnknown if source is None else DocumentsOnly

    def forget(self) -> None:
        """Asks the store again for every document: some were taken off the register."""
        self._known.clear()

    async def _registered(self, actor: Actor, digest: str, at: datetime) -> str | None:
        """The text that an organization of the actor's has registered; the operator's people, who see all of them, belong to none."""
        mine = frozenset(grant.reach.organization_id for grant in actor.grants if grant.reach.organization_id is not None)
        if not mine or actor.ref.is_operator:
            return None
        text, until = self._known.get((mine, digest), (None, at))
        if text is not None and at < until:
            return text
        async with self._database.read() as session:
            text = await text_of(session, mine, digest)
        if text is not None:
            self._known[mine, digest] = text, at + KNOWN_FOR
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return text
