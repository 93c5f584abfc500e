"""Registering documents and taking them off the register; that a text is a sound document was decided by who calls."""

import hashlib
from uuid import UUID

from sqlalchemy import delete, func
from sqlmodel import col, select

from domain.accounts.tables import Organization
from domain.audit.writing import Result, Work
from domain.kernel.errors import InvalidInput, LimitReached, NotEligible, NotFound
from domain.trusted.tables import TrustedDocument
from store.models import rows_changed

MOST = 200
"""Documents of one organization: a program of some size has a few dozen, and two releases of it live side by side."""


async def register(work: Work, digest: str, text: str, label: str) -> Result:
    """Registers a document under its SHA-256 in hex: `is_new`, false when it was there. `label` is what the trail calls it.

    Raises `InvalidInput` when the hash isn't the text's, `LimitReached` when the register is full.
    """
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        raise InvalidInput("trusted.digest", field=("documentId",))
    organization_id = _organization(work)
    # One at a time for each organization: two programs registering at once must not pass the bound together.
    await work.sql.execute(select(Organization.id).where(Organization.id == organization_id).with_for_update())
    if await work.sql.get(TrustedDocument, (organization_id, digest)) is not None:
        return {"is_new": False}
    _within(work, organization_id)
    held = select(func.count()).select_from(TrustedDocument).where(col(TrustedDocument.organization_id) == organization_id)
    if (await work.sql.scalar(held) or 0) >= MOST:
        raise LimitReached("trusted.full")
    document = TrustedDocument(
        organization_id=organization_id, digest=digest, text=text, by=work.scope.actor.as_json(), registered_at=work.at
    )  # fmt: skip
    work.sql.add(document)
    work.changed(None, label, "document", None, f"sha256:{digest}")
    return {"is_new": True}


async def remove(work: Work, digest: str) -> Result:
    """Takes a document off the register: `digest`; an unknown one is `NotFound`."""
    organization_id = _organization(work)
    gone = delete(TrustedDocument).where(col(TrustedDocument.organization_id) == organization_id, col(TrustedDocument.digest) == digest)
    _within(work, organization_id)
    if not rows_changed(await work.sql.execute(gone)):
        raise NotFound(field=("documentId",))
    work.changed(None, f"sha256:{digest}", "document", f"sha256:{digest}", None)
    return {"digest": digest}


def _organization(work: Work) -> UUID:
    """The one organization of the scope: a program belongs to one; who manages several can't be told which is meant."""
    known = work.scope.organization_ids
    if len(known) != 1:
        raise NotEligible("error.one_organization")
    return known[0]


def _within(work: Work, organization_id: UUID) -> None:
    for part in work.scope.reach:
        work.within(organization_id, part.path)
