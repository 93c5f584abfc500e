"""Signatures of calls between systems."""

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.webhooks import is_genuine, is_secret, signature
from tests.world import NOW

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
ID, BODY, TIME = "msg_1", b'{"from": "+989350000000"}', str(int(NOW.timestamp()))


def test_the_example_of_the_specification() -> None:
    secret, id, time = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"

    assert signature(secret, id, time, b'{"test": 2432232314}') == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_call_is_genuine_for_five_minutes_either_way() -> None:
    signed = signature(SECRET, ID, TIME, BODY)

    for seconds, expected in ((0, True), (300, True), (-300, True), (301, False), (-301, False)):
        assert is_genuine(SECRET, ID, TIME, signed, BODY, at=NOW + timedelta(seconds=seconds)) is expected


def test_one_of_several_signatures_is_enough() -> None:
    mine, others = signature(SECRET, ID, TIME, BODY), signature(OTHER, ID, TIME, BODY)

    assert is_genuine(SECRET, ID, TIME, f"{others} v1a,x {mine}", BODY, at=NOW)
    assert not is_genuine(SECRET, ID, TIME, others, BODY, at=NOW)
    assert not is_genuine(SECRET, ID, TIME, " ".join([others] * 5 + [mine]), BODY, at=NOW)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_a_changed_byte_is_no_longer_signed(place: int, flip: int) -> None:
    signed = signature(SECRET, ID, TIME, BODY)
    changed = BODY[:place] + bytes([BODY[place] ^ flip]) + BODY[place + 1 :]

    assert not is_genuine(SECRET, ID, TIME, signed, changed, at=NOW)


@pytest.mark.parametrize(
    ("id", "time", "signed"),
    [
        ("", TIME, signature(SECRET, "", TIME, BODY)),
        ("x" * 201, TIME, signature(SECRET, "x" * 201, TIME, BODY)),
        ("msg_2", TIME, signature(SECRET, ID, TIME, BODY)),
        (ID, str(int(TIME) + 1), signature(SECRET, ID, TIME, BODY)),
        (ID, "", signature(SECRET, ID, "", BODY)),
        (ID, "now", signature(SECRET, ID, "now", BODY)),
        (ID, "-" + TIME, signature(SECRET, ID, "-" + TIME, BODY)),
        (ID, "9" * 400, signature(SECRET, ID, "9" * 400, BODY)),
        (ID, TIME, ""),
        (ID, TIME, "v1,"),
        (ID, TIME, signature(SECRET, ID, TIME, BODY).removeprefix("v1,")),
        (ID, TIME, "v1,é"),
    ],
)
def test_anything_else_is_not_genuine(id: str, time: str, signed: str) -> None:
    assert not is_genuine(SECRET, id, time, signed, BODY, at=NOW)


@pytest.mark.parametrize("text", ["", "whsec_", "secret" * 10, "whsec_" + base64.b64encode(bytes(23)).decode(), "whsec_ä" + "A" * 44, "whsec_AAA"])
def test_what_is_no_secret(text: str) -> None:
    assert not is_secret(text)
    with pytest.raises(ValueError, match="not a secret"):
        signature(text, ID, TIME, BODY)
