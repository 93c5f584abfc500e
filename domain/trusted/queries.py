"""How registered documents are read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, bindparam
from sqlmodel import col, select

from domain.kernel.scope import ActorRef, Scope
from domain.reading import Limits, shaped
from domain.trusted.tables import TrustedDocument
from store.session import Session
from store.statements import Prepared, among


class TrustedDocumentRow(msgspec.Struct, frozen=True):
    """A registered document without its text."""

    digest: str
    registered_at: datetime
    registered_by: ActorRef


_MINE = among(col(TrustedDocument.organization_id), "organization_ids")
_TEXT_OF = Prepared(select(TrustedDocument.text).where(_MINE, TrustedDocument.digest == bindparam("digest")).limit(1))


async def text_of(session: Session, organization_ids: Iterable[UUID], digest: str) -> str | None:
    """The text of a document that one of these organizations has registered; for whoever belongs to them."""
    rows = await session.rows(_TEXT_OF, organization_ids=list(organization_ids), digest=digest)
    return rows[0][0] if rows else None


@shaped
def _documents(scope: Limits) -> Select[Any]:
    columns: tuple[Any, ...] = (TrustedDocument.digest, TrustedDocument.registered_at, TrustedDocument.by)
    statement: Select[Any] = scope.limit(select(*columns), col(TrustedDocument.organization_id))
    return statement.order_by(col(TrustedDocument.registered_at), col(TrustedDocument.digest))


async def documents_in(session: Session, scope: Scope) -> list[TrustedDocumentRow]:
    """All registered documents in scope, oldest first: an organization's register is short (`service.MOST`)."""
    return [TrustedDocumentRow(digest, at, ActorRef.from_json(by)) for digest, at, by in await session.rows(_documents(scope))]
