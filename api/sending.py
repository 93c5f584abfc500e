"""How an answer leaves: compressed for whoever takes it so, kept by nobody, or kept by its asker under a name to ask about again."""

import hashlib
import re
import zlib
from typing import Any

import orjson
from starlette.responses import Response

MODERN, PLAIN = "application/graphql-response+json", "application/json"
LEVEL = 2
SMALLEST = 2048
"""The level of gzip, and the bytes from which on it pays; measured by `x.py bench compression` (docs/decisions/0062)."""
VARY = "accept, accept-encoding, accept-language, authorization"
_NEVER = re.compile(r"q=0(\.0{0,3})?")
_TAG = re.compile(r'"[^"]*"')


def sent(body: dict[str, Any] | bytes | None, status: int, media_type: str, request_id: str, *, accepts: str = "") -> Response:
    """An answer in JSON that nobody keeps, empty without a body; compressed if `accepts`, an Accept-Encoding, lets it.

    Whoever passes `accepts` sees to it that no lasting secret stands beside what an attacker may choose: the size would tell it.
    """
    headers = {"x-request-id": request_id, "cache-control": "no-store", "x-content-type-options": "nosniff"}
    if status == 405:
        headers["allow"] = "POST"
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    if body is None:
        return Response(status_code=status, headers=headers)
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    if is_compressed(content, accepts):
        content, headers["content-encoding"], headers["vary"] = compressed(content), "gzip", "accept-encoding"
    return Response(content, status, headers, f"{media_type}; charset=utf-8")


def kept(content: bytes, media_type: str, request_id: str, *, known: str, accepts: str) -> Response:
    """An answer under an ETag, for its asker's own cache; only "not modified" (304) if `known`, an If-None-Match, names it."""
    digest = hashlib.sha256(media_type.encode() + b"\n" + content).hexdigest()[:32]
    plain, zipped = f'"{digest}"', f'"{digest}.gzip"'  # a strong tag names the bytes as they travel
    is_zipped, tags = is_compressed(content, accepts), _TAG.findall(known)
    headers = {"x-request-id": request_id, "cache-control": "private, no-cache", "vary": VARY, "x-content-type-options": "nosniff"}
    headers["etag"] = zipped if is_zipped else plain
    if plain in tags or zipped in tags or known.strip() == "*":
        return Response(status_code=304, headers=headers)
    if is_zipped:
        content, headers["content-encoding"] = compressed(content), "gzip"
    return Response(content, 200, headers, f"{media_type}; charset=utf-8")


def is_compressed(content: bytes, accepts: str) -> bool:
    """Whether compressing pays and the asker takes gzip."""
    if len(content) < SMALLEST:
        return False
    wishes = (part.partition(";") for part in accepts.lower().split(","))
    return any(coding.strip() == "gzip" and not _NEVER.fullmatch(weight.strip()) for coding, _, weight in wishes)


def compressed(content: bytes, level: int = LEVEL) -> bytes:
    """The content in gzip, the same bytes for the same content."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()
