"""Identity: UUIDv7 inside, opaque global ids outside."""

import base64
import binascii
import os
import time
from enum import StrEnum
from uuid import UUID

import msgspec

from domain.kernel.errors import NotFound


class Kind(StrEnum):
    """What a global id names; the value is its two-letter code inside the id."""

    ORGANIZATION = "og"
    ACCOUNT = "ac"
    PERSON = "pe"
    MEMBERSHIP = "mb"
    SESSION = "se"
    SIM = "si"
    COST_CENTRE = "cc"
    BUCKET = "bu"
    PRODUCT = "pr"
    OFFERING = "of"
    ORDER = "or"
    ORDER_ITEM = "oi"
    WALLET = "wa"
    LEDGER_TRANSFER = "lt"
    LEDGER_ENTRY = "le"
    USAGE_RECORD = "ur"
    TICKET = "ti"
    TICKET_MESSAGE = "tm"
    API_TOKEN = "at"
    AUDIT_ENTRY = "au"
    ACCESS_LOG_ENTRY = "al"
    DOCUMENT = "do"
    UPLOAD = "up"
    HELP_ARTICLE = "ha"
    INCIDENT = "in"
    CHALLENGE = "ch"
    JOB = "jo"
    BILL = "bi"
    BILL_PREVIEW = "bp"
    BILL_LINE = "bl"
    BUDGET = "bg"
    APPROVAL = "ap"
    GROUP = "gr"
    PAYMENT_POLICY = "pp"
    PAYMENT_POLICY_RUN = "pn"
    PAYMENT = "pa"
    VOUCHER_BATCH = "vb"
    BILL_DISPUTE = "bd"
    NOTIFICATION = "no"


KINDS = {kind.value: kind for kind in Kind}
"""Kinds by their codes: a tenth of what it costs to call the enum."""
_CODES = {kind: kind.value.encode() for kind in Kind}
_BY_CODE = {code: kind for kind, code in _CODES.items()}
_URLSAFE = bytes.maketrans(b"+/", b"-_")


class Ref(msgspec.Struct, frozen=True, order=True, gc=False):
    """A reference to one thing of one kind."""

    kind: Kind
    id: UUID


def uuid7(milliseconds: int | None = None, entropy: bytes | None = None) -> UUID:
    """Makes a time-ordered id (RFC 9562); both arguments only for seeds and tests."""
    stamp = (time.time_ns() // 1_000_000 if milliseconds is None else milliseconds) & (1 << 48) - 1
    random = int.from_bytes(entropy or os.urandom(10), "big")
    value = stamp << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return UUID(int=value)


def encode(kind: Kind, id: UUID) -> str:
    """The global id of a thing: base64url of its kind's code and its UUID, 24 characters."""
    return binascii.b2a_base64(_CODES[kind] + id.bytes, newline=False).translate(_URLSAFE).decode()


def urlsafe(raw: bytes) -> str:
    """Base64url, for what is written hundreds of times a page: half of what `base64.urlsafe_b64encode` takes."""
    return binascii.b2a_base64(raw, newline=False).translate(_URLSAFE).decode()


def decode(global_id: str) -> Ref:
    """Reads a global id of any kind; anything malformed is `NotFound`."""
    try:
        raw = base64.b64decode(global_id, altchars=b"-_", validate=True)
        return Ref(_BY_CODE[raw[:2]], UUID(bytes=raw[2:]))
    except (binascii.Error, ValueError, KeyError, UnicodeEncodeError):
        raise NotFound() from None


def decode_as(kind: Kind, global_id: str, *field: str) -> UUID:
    """Reads a global id that has to be of this kind; another kind is `NotFound` at `field`."""
    try:
        ref = decode(global_id)
    except NotFound:
        raise NotFound(field=field) from None
    if ref.kind is not kind:
        raise NotFound(field=field)
    return ref.id
