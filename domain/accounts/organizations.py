"""What an organization says about itself: people to write to, the language of its documents, its papers on file."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from domain.accounts.tables import Account, Organization
from domain.audit.writing import Result, Work
from domain.files import uploads
from domain.files.tables import File, Purpose
from domain.kernel.errors import InvalidInput, LimitReached, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref
from domain.kernel.locale import Locale
from domain.kernel.text import without_invisible

LONGEST = 120
MOST_CONTACTS = 20
MOST_ADDED = 10
MOST_PAPERS = 50


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to write to; e-mail and phone in stored form."""

    name: str
    role: str
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to become of an organization; null stays as it is, contacts are all there are to be."""

    contacts: Sequence[Contact] | None = None
    locale: Locale | None = None
    upload_ids: Sequence[UUID] = ()


async def organization_update(work: Work, organization_id: UUID, edit: Edit) -> Result:
    """Changes contacts and language, and takes uploads as papers; returns `organization`.

    Raises `NotFound`, `NotEligible` for whoever reaches but a part of the organization, `InvalidInput` for what can't be a contact and
    for no change, `LimitReached` when its file is full, and what `uploads.claim` raises.
    """
    contacts = [_checked(contact, place) for place, contact in enumerate(_at_most(edit.contacts or (), MOST_CONTACTS, "contacts"))]
    _at_most(edit.upload_ids, MOST_ADDED, "addUploadIds")
    organization = await _held(work, organization_id)
    if edit.contacts is not None:
        _tell(work, organization, [_read(stored) for stored in organization.contacts], contacts)
        organization.contacts = [asdict(contact) for contact in contacts]
    if edit.locale is not None and edit.locale != organization.locale:
        work.changed(_ref(organization), organization.name, "locale", organization.locale, edit.locale)
        organization.locale = edit.locale
    await _take(work, organization, edit.upload_ids)
    if not work.changes:
        raise InvalidInput("organization.nothing")
    return {"organization": organization.id}


def _at_most(items: Sequence[Any], most: int, field: str) -> Sequence[Any]:
    if len(items) > most:
        raise InvalidInput("error.too_many", field=(field,), most=most)
    return items


def _checked(contact: Contact, place: int) -> Contact:
    name, role = (_words(text, "contacts", str(place), field) for text, field in ((contact.name, "name"), (contact.role, "role")))
    return Contact(name, role, contact.email, contact.phone)


def _words(text: str, *field: str) -> str:
    words = " ".join(text.split())
    if not without_invisible(words).strip() or len(words) > LONGEST:
        raise InvalidInput("organization.words", field=field, most=LONGEST)
    return words


def _read(stored: dict[str, Any]) -> Contact:
    return Contact(stored["name"], stored["role"], stored.get("email"), stored.get("phone"))


async def _held(work: Work, organization_id: UUID) -> Organization:
    """The organization, locked, when all of it is in scope: it lies where the top of its tree does."""
    own = work.scope.limit(select(Organization).where(Organization.id == organization_id), col(Organization.id))
    organization = (await work.sql.scalars(own.with_for_update())).one_or_none()
    if organization is None:
        raise NotFound(field=("organizationId",))
    top = select(Account.path).where(Account.organization_id == organization_id, col(Account.parent_id).is_(None))
    path = (await work.sql.scalars(top)).one_or_none() or ""
    work.within(organization.id, path, organization.id)
    if not work.scope.covers(organization.id, path):
        raise NotEligible("organization.whole", field=("organizationId",))
    return organization


def _tell(work: Work, organization: Organization, before: Sequence[Contact], after: Sequence[Contact]) -> None:
    """Tells each value that changes, under what the contact is for: a label is never masked nor forgotten, so it names nobody."""
    for old, new in _paired(before, after):
        known = new or old
        for field in ("name", "role", "email", "phone"):
            values = [getattr(contact, field, None) for contact in (old, new)]
            if known is not None and values[0] != values[1]:
                work.changed(_ref(organization), f"{organization.name}: {known.role}", f"contacts.{field}", *values)


def _paired(before: Sequence[Contact], after: Sequence[Contact]) -> Iterator[tuple[Contact | None, Contact | None]]:
    """Each contact as it was and as it is to be, by name; those of one name in their order."""
    for name in dict.fromkeys(contact.name for contact in (*after, *before)):
        yield from zip_longest(*([contact for contact in side if contact.name == name] for side in (before, after)))


async def _take(work: Work, organization: Organization, upload_ids: Sequence[UUID]) -> None:
    """Takes uploads as papers; the organization's lock keeps two writers from passing the bound together."""
    if not upload_ids:
        return
    papers = await uploads.claim(
        work.sql, work.scope, upload_ids, Purpose.PAPER, organization_id=organization.id, field="addUploadIds"
    )
    here = (col(File.organization_id) == organization.id, col(File.purpose) == Purpose.PAPER)
    if (await work.sql.scalar(select(func.count()).select_from(File).where(*here)) or 0) > MOST_PAPERS:
        raise LimitReached("organization.full", field=("addUploadIds",))
    for paper in papers:
        work.changed(_ref(organization), organization.name, "documents", None, paper.file_name)


def _ref(organization: Organization) -> Ref:
    return Ref(Kind.ORGANIZATION, organization.id)
