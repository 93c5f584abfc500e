"""Links to files: valid for ten minutes, for one file and one viewer, and only as long as that viewer could have asked for another one."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from auth.actor import Actor
from auth.wiring import Auth
from domain.kernel.errors import Forbidden, NotFound
from domain.kernel.sealing import Sealer

LIFE = timedelta(minutes=10)
_PURPOSE = "file link"
_TOKEN, _SESSION = b"t", b"s"
_LENGTH = 1 + 16 + 16 + 16 + 8


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom a link was made: a session of a person, or a token that a person made."""

    person_id: UUID
    id: UUID
    is_token: bool


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says."""

    viewer: Viewer
    file_id: UUID
    expires_at: datetime


def link(auth: Auth, actor: Actor, file_id: UUID, *, at: datetime, is_shared: bool = False) -> tuple[str, datetime]:
    """An address for this viewer and when it dies.

    Whoever sees personal data masked gets none but of a file shared with them, as a file can't be masked: `Forbidden`.
    """
    if actor.is_masked and not is_shared:
        raise Forbidden
    viewer = Viewer(actor.person_id, actor.ref.api_token_id or actor.session(), actor.ref.api_token_id is not None)
    expires_at = (at + LIFE).replace(microsecond=0)
    return f"{auth.issuer}/files/{_written(auth.sealer, Link(viewer, file_id, expires_at))}", expires_at


def read(sealer: Sealer, text: str, *, at: datetime) -> Link:
    """Reads the last part of such an address; a forged, broken or dead one is `NotFound`."""
    packed, _, signature = text.partition(".")
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except (binascii.Error, ValueError):
        raise NotFound from None
    if len(raw) != _LENGTH or not hmac.compare_digest(_signature(sealer, raw).encode(), signature.encode()):
        raise NotFound
    ids = [UUID(bytes=raw[start : start + 16]) for start in (1, 17, 33)]
    expires_at = datetime.fromtimestamp(int.from_bytes(raw[49:], "big"), UTC)
    if at >= expires_at:
        raise NotFound
    return Link(Viewer(ids[0], ids[1], raw[:1] == _TOKEN), ids[2], expires_at)


def _written(sealer: Sealer, told: Link) -> str:
    kind = _TOKEN if told.viewer.is_token else _SESSION
    ids = told.viewer.person_id.bytes + told.viewer.id.bytes + told.file_id.bytes
    raw = kind + ids + int(told.expires_at.timestamp()).to_bytes(8, "big")
    return f"{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.{_signature(sealer, raw)}"


def _signature(sealer: Sealer, raw: bytes) -> str:
    return sealer.digest(_PURPOSE, raw.hex())
