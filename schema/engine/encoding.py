"""JSON of an answer, whether it came as dicts or as structs."""

from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder()


def encode(body: Any) -> bytes:
    """The JSON of an answer in UTF-8."""
    return _ENCODER.encode(body)
