"""The numbers and pure decisions of signing in (QUALITY "Who gets in", FEATURES 3.5): no session, no clock, no await."""

import ipaddress
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pyotp

from domain.kernel.identifiers import Channel
from domain.kernel.proof import ProofMethod
from domain.kernel.scope import Reach

CODE_DIGITS = 6
CODE_LIFE = {Channel.SMS: timedelta(seconds=120), Channel.EMAIL: timedelta(minutes=10)}
SECOND_FACTOR_LIFE = timedelta(minutes=5)
GUESSES = 5
RESEND_AFTER = timedelta(seconds=30)
CODES_WINDOW = timedelta(minutes=15)
CODES_AN_IDENTITY = 3
CODES_AN_ADDRESS = 30
WRONG_PASSWORDS = CODES_AN_IDENTITY * GUESSES
"""As many guesses in the same window as the codes of an identity allow."""
WRONG_WINDOW = timedelta(days=1)
WRONG_GUESSES = 100
LINE_IS_NEW = timedelta(hours=72)

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=30)
ROTATION_GRACE = timedelta(seconds=10)
SUPPORT_VIEW_LIFE = timedelta(minutes=30)

TOTP_STEP_SECONDS = 30
RECOVERY_CODES = 10
TOKEN_LIFE = timedelta(days=366)  # a year, leap years included
TOKEN_NETWORKS = 20

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_TOKEN_BODY = 30
_TOKEN_CHECK = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question as the client sees it; the same for known and unknown identities."""

    id: UUID
    methods: tuple[ProofMethod, ...]
    expires_at: datetime
    resend_at: datetime
    code_length: int = CODE_DIGITS


def methods_of(channel: Channel) -> tuple[ProofMethod, ...]:
    """How a sent code's challenge may be answered: by the code, or by the authenticator (in a step-up, or when the line is new)."""
    return (ProofMethod.OTP_SMS if channel is Channel.SMS else ProofMethod.OTP_EMAIL, ProofMethod.TOTP)


def is_line_new(line_changed_at: datetime | None, at: datetime) -> bool:
    """Whether the SIM card or device behind the number changed in the last 72 hours: then no SMS proves anything (D6)."""
    return line_changed_at is not None and at - line_changed_at < LINE_IS_NEW


def address_group(address: str) -> str:
    """What counts as one network address: an IPv4 address, or the /64 an IPv6 client can pick addresses from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def recent(hits: Sequence[int], window: timedelta, at: datetime) -> list[int]:
    """The hits (milliseconds since the epoch) inside a rolling window that ends now."""
    start = milliseconds(at - window)
    return [hit for hit in hits if hit > start]


def milliseconds(at: datetime) -> int:
    """An instant as milliseconds since the epoch."""
    return int(at.timestamp() * 1000)


def totp_step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step a code belongs to, one step of clock drift either way; None when it is none of them."""
    now = int(at.timestamp()) // TOTP_STEP_SECONDS
    generator = pyotp.TOTP(secret, interval=TOTP_STEP_SECONDS)
    return next((step for step in (now, now - 1, now + 1) if pyotp.utils.strings_equal(generator.generate_otp(step), code)), None)


def token_text(environment: str, body: str) -> str:
    """An API token `smg_<environment>_<body><check>`; the check lets scanners and the door drop mistyped ones without a look-up."""
    head = f"smg_{environment}_{body}"
    return head + _base62(zlib.crc32(head.encode()), _TOKEN_CHECK)


def is_token_text(text: str) -> bool:
    """Whether a text has the form of an API token and its check fits."""
    head, check = text[:-_TOKEN_CHECK], text[-_TOKEN_CHECK:]
    name, _, body = head.rpartition("_")
    return (
        name.startswith("smg_")
        and len(body) == _TOKEN_BODY
        and text.isascii()
        and set(body) <= set(BASE62)
        and check == _base62(zlib.crc32(head.encode()), _TOKEN_CHECK)
    )


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits


def meet(one: Reach, other: Reach) -> Reach | None:
    """The part of the world inside both reaches, None when they are apart."""
    if one.organization_id is None:
        return other
    if other.organization_id is None:
        return one
    if one.organization_id != other.organization_id:
        return None
    deeper, higher = (one, other) if len(one.path) >= len(other.path) else (other, one)
    return deeper if deeper.path.startswith(higher.path) else None


def is_inside(address: str, networks: Sequence[str]) -> bool:
    """Whether an address lies in one of the networks (CIDR); no networks means any address."""
    if not networks:
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in ipaddress.ip_network(network) for network in networks)
