"""Global ids and cursors as the product writes them, by hand: nothing but the standard library, for servers in other environments."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

ORDER = "sims.MSISDN.asc"
NUMBERLESS = "\U0010ffff"
"""What a cursor has in place of the number of a card that has none."""
ACCOUNT, SIM = b"ac", b"si"


def global_id(code: bytes, id: UUID) -> str:
    """A global id by the code of its kind."""
    return urlsafe_b64encode(code + id.bytes).decode()


def id_of(global_id: str) -> UUID:
    """The id inside a global id."""
    return UUID(bytes=urlsafe_b64decode(global_id)[2:])


def cursor(msisdn: str | None, id: UUID) -> str:
    """The place of a card in the order of numbers."""
    return urlsafe_b64encode(f'["{ORDER}","{msisdn or NUMBERLESS}",{{"u":"{id.hex}"}}]'.encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[str, UUID]:
    """The number and id inside a cursor."""
    _, msisdn, id = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return msisdn, UUID(id["u"])
