"""How registered documents are read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select
from sqlmodel import col, select

from domain.kernel.scope import ActorRef, Scope
from domain.trusted.tables import TrustedDocument
from store.session import Session


class TrustedDocumentRow(msgspec.Struct, frozen=True):
    """A registered document without its text."""

    digest: str
    registered_at: datetime
    registered_by: ActorRef


async def text_of(session: Session, organization_ids: Iterable[UUID], digest: str) -> str | None:
    """The text of a document that one of these organizations has registered; for whoever belongs to them."""
    mine = col(TrustedDocument.organization_id).in_(organization_ids)
    return (await session.scalars(select(TrustedDocument.text).where(mine, TrustedDocument.digest == digest).limit(1))).first()


async def documents_in(session: Session, scope: Scope) -> list[TrustedDocumentRow]:
    """All registered documents in scope, oldest first: an organization's register is short (`service.MOST`)."""
    columns: tuple[Any, ...] = (TrustedDocument.digest, TrustedDocument.registered_at, TrustedDocument.by)
    statement: Select[Any] = scope.limit(select(*columns), col(TrustedDocument.organization_id))
    rows = await session.execute(statement.order_by(col(TrustedDocument.registered_at), col(TrustedDocument.digest)))
    return [TrustedDocumentRow(row.digest, row.registered_at, ActorRef.from_json(row.by)) for row in rows]
