"""JSON of an answer, whether it came as dicts, as structs or as both."""

from typing import Any

import msgspec


def _plainly(value: Any) -> Any:
    """What a subclass of a JSON type is in JSON; raises `TypeError` for anything else."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    raise TypeError(f"{type(value).__name__} can't be written in JSON.")


_ENCODER = msgspec.json.Encoder(enc_hook=_plainly)


def encode(data: Any) -> bytes:
    """The JSON of an answer's data in UTF-8; raises `TypeError` if a scalar left in it what has none."""
    return _ENCODER.encode(data)
