"""Access tokens that aren't ours: wrong algorithm, key, type, issuer, audience, subject or time (QUALITY "Who gets in")."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth import access_tokens
from auth.keys import Key
from auth.sessions import Tokens
from tests.desk import Desk, open_auth

THEIRS = Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encoded(part: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


async def genuine(desk: Desk) -> tuple[Tokens, Key, dict[str, Any], dict[str, Any]]:
    """A good token with its key, header and claims."""
    tokens, key = await desk.begin(desk.manager), await desk.auth.keys.current(desk.at)
    header = jwt.get_unverified_header(tokens.access_token)
    return tokens, key, header, jwt.decode(tokens.access_token, options={"verify_signature": False})


async def test_our_own_token_is_good(desk: Desk) -> None:
    _, key, header, claims = await genuine(desk)

    assert header == {"alg": "EdDSA", "kid": key.kid, "typ": "at+jwt"}
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert await desk.who(jwt.encode(claims, key.private, "EdDSA", headers=header))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
async def test_a_token_without_signature_is_nobody(desk: Desk, algorithm: str) -> None:
    tokens, _, header, claims = await genuine(desk)
    signature = tokens.access_token.rpartition(".")[2]

    for end in ("", signature):
        assert await desk.who(f"{encoded(header | {'alg': algorithm})}.{encoded(claims)}.{end}") is None


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_a_token_signed_with_our_public_key_as_a_password_is_nobody(desk: Desk, algorithm: str) -> None:
    _, key, header, claims = await genuine(desk)
    formats = (
        key.public.public_bytes_raw(),
        key.public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        key.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        json.dumps((await desk.auth.keys.jwks(desk.at))["keys"][0]).encode(),
        key.kid.encode(),
    )
    signed = f"{encoded(header | {'alg': algorithm})}.{encoded(claims)}"
    for password in formats:
        signature = hmac.new(password, signed.encode(), algorithm.replace("HS", "sha")).digest()
        assert await desk.who(f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}") is None


async def test_a_token_signed_by_another_kind_of_key_is_nobody(desk: Desk) -> None:
    _, _, header, claims = await genuine(desk)

    assert await desk.who(jwt.encode(claims, RSA, "RS256", headers=header | {"alg": "RS256"})) is None
    assert await desk.who(jwt.encode(claims, RSA, "PS256", headers=header | {"alg": "PS256"})) is None


async def test_a_token_signed_by_another_key_is_nobody(desk: Desk) -> None:
    _, _, header, claims = await genuine(desk)

    assert await desk.who(jwt.encode(claims, THEIRS, "EdDSA", headers=header)) is None


@pytest.mark.parametrize(
    "kid", ["", "unknown", "../../../dev/null", "' OR 1=1 --", "https://evil.example/jwks.json", None, 7, ["a"], {"a": 1}]
)
async def test_a_token_of_a_strange_kid_is_nobody(desk: Desk, kid: Any) -> None:
    _, _, header, claims = await genuine(desk)
    head, body = encoded(header | {"kid": kid}), encoded(claims)
    signature = base64.urlsafe_b64encode(THEIRS.sign(f"{head}.{body}".encode())).rstrip(b"=").decode()

    assert await desk.who(f"{head}.{body}.{signature}") is None


@pytest.mark.parametrize("extra", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"])
async def test_a_token_that_brings_its_own_key_is_nobody(desk: Desk, extra: str) -> None:
    _, key, header, claims = await genuine(desk)
    jwk = jwt.algorithms.OKPAlgorithm.to_jwk(THEIRS.public_key(), as_dict=True)
    brought = {"jwk": jwk, "jku": "https://evil.example/jwks.json", "crit": ["exp"], "b64": False}.get(extra, "x")

    for signer in (THEIRS, key.private):
        head, body = encoded(header | {extra: brought}), encoded(claims)
        signature = base64.urlsafe_b64encode(signer.sign(f"{head}.{body}".encode())).rstrip(b"=").decode()
        assert await desk.who(f"{head}.{body}.{signature}") is None


@pytest.mark.parametrize("typ", ["JWT", "at+JWT", "refresh", "", None])
async def test_a_token_of_another_type_is_nobody(desk: Desk, typ: str | None) -> None:
    _, key, header, claims = await genuine(desk)

    assert await desk.who(jwt.encode(claims, key.private, "EdDSA", headers=header | {"typ": typ})) is None


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://evil.example"},
        {"iss": "https://simurgh.example/"},
        {"iss": ["https://simurgh.example"]},
        {"aud": "another"},
        {"aud": ["simurgh", "another"]},
        {"aud": []},
        {"sub": "0192f0c1-2345-7abc-8def-0123456789ab"},
        {"sub": "me"},
        {"sub": 7},
        {"sid": "0192f0c1-2345-7abc-8def-0123456789ac"},
        {"sid": "none"},
        {"exp": 0},
        {"exp": "later"},
        {"exp": 10**30},
        {"iat": 10**12},
    ],
    ids=str,
)
async def test_a_token_that_claims_something_else_is_nobody(desk: Desk, change: dict[str, Any]) -> None:
    _, key, header, claims = await genuine(desk)
    head, body = encoded(header), encoded(claims | change)
    signature = base64.urlsafe_b64encode(key.private.sign(f"{head}.{body}".encode())).rstrip(b"=").decode()

    assert await desk.who(f"{head}.{body}.{signature}") is None


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "sid", "iat", "exp", "jti"])
async def test_a_token_that_leaves_something_out_is_nobody(desk: Desk, missing: str) -> None:
    _, key, header, claims = await genuine(desk)
    del claims[missing]

    assert await desk.who(jwt.encode(claims, key.private, "EdDSA", headers=header)) is None


async def test_a_token_that_lives_too_long_is_nobody_even_with_our_key(desk: Desk) -> None:
    _, key, header, claims = await genuine(desk)
    claims["exp"] += 60

    assert await desk.who(jwt.encode(claims, key.private, "EdDSA", headers=header)) is None


async def test_a_token_with_somebody_elses_session_is_nobody(desk: Desk) -> None:
    _, key, header, claims = await genuine(desk)
    other = await desk.begin(desk.tenant.account_manager)

    assert await desk.who(jwt.encode(claims | {"sid": str(other.session_id)}, key.private, "EdDSA", headers=header)) is None


async def test_a_refresh_token_is_no_access_token(desk: Desk) -> None:
    tokens = await desk.begin(desk.manager)

    assert tokens.refresh_token
    assert await desk.who(tokens.refresh_token) is None


async def test_keys_rotate_and_old_tokens_live_on(desk: Desk) -> None:
    before = await desk.begin(desk.manager)
    kid = await desk.auth.keys.rotate(desk.at)
    desk.wait(minutes=2)
    after = await desk.begin(desk.manager)

    assert jwt.get_unverified_header(after.access_token)["kid"] == kid
    assert jwt.get_unverified_header(before.access_token)["kid"] != kid
    assert await desk.who(before.access_token)
    assert await desk.who(after.access_token)
    assert len((await desk.auth.keys.jwks(desk.at))["keys"]) == 2
    desk.wait(minutes=20)
    assert [key["kid"] for key in (await desk.auth.keys.jwks(desk.at))["keys"]] == [kid]


async def test_a_new_key_is_published_before_it_signs_and_no_token_is_ever_refused(desk: Desk) -> None:
    processes = [open_auth(desk.auth.database) for _ in range(3)]
    begun: list[str] = []
    for minute in range(40):
        if minute in {5, 6, 20}:  # once more while another waits for its time, too
            kid = await processes[minute % 3].keys.rotate(desk.at)
            published = {key["kid"] for process in processes[:1] for key in (await open_auth(process.database).keys.jwks(desk.at))["keys"]}
            assert kid in published and (await processes[minute % 3].keys.current(desk.at)).kid != kid
        for process in processes:
            begun.append((await replace(desk, auth=process).begin(desk.manager)).access_token)
        alive = begun[-14 * len(processes) :]
        refused = [token for token in alive for process in processes if await process.tokens.read(token, at=desk.at) is None]
        assert refused == [], minute
        desk.wait(seconds=60)

    assert len({jwt.get_unverified_header(token)["kid"] for token in begun}) >= 3


async def test_a_new_key_is_known_to_other_processes_and_a_leaked_one_forgotten(desk: Desk) -> None:
    other = open_auth(desk.auth.database)
    before = await desk.begin(desk.manager)
    assert await other.keys.find(jwt.get_unverified_header(before.access_token)["kid"], desk.at)
    desk.wait(seconds=3)

    kid = await desk.auth.keys.rotate(desk.at, forget=True)

    assert await other.keys.find(kid, desk.at)
    assert await desk.who(before.access_token) is None
    assert [key["kid"] for key in (await other.keys.jwks(desk.at))["keys"]] == [kid]


async def test_a_token_that_was_good_is_checked_again_for_all_that_can_change(desk: Desk) -> None:
    tokens, _, header, claims = await genuine(desk)
    forged = jwt.encode(claims, THEIRS, "EdDSA", headers=header)
    head, body, signature = tokens.access_token.split(".")

    assert await desk.who(tokens.access_token)  # from here on its signature is known
    assert await desk.who(tokens.access_token)
    for other in (forged, f"{head}.{body}.{forged.rpartition('.')[2]}", f"{head}.{body}.", f"{head}.{body}.{signature}=", signature):
        assert await desk.who(other) is None
    assert await desk.auth.tokens.read(tokens.access_token, at=desk.at - timedelta(minutes=2)) is None
    assert await desk.auth.tokens.read(tokens.access_token, at=desk.at + timedelta(minutes=15)) is None
    await desk.auth.keys.rotate(desk.at, forget=True)
    assert await desk.who(tokens.access_token) is None


async def test_only_genuine_tokens_are_remembered_and_only_so_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_tokens, "MOST_REMEMBERED", 3)
    _, key, header, claims = await genuine(desk)
    good = [jwt.encode(claims | {"jti": str(number)}, key.private, "EdDSA", headers=header) for number in range(5)]
    bad = [jwt.encode(claims | {"jti": str(number)}, THEIRS, "EdDSA", headers=header) for number in range(5)]

    assert [await desk.who(token) is not None for token in good + bad + good] == [True] * 5 + [False] * 5 + [True] * 5

    assert len(desk.auth.tokens._genuine) == 3


async def test_processes_that_start_together_agree_on_one_key(desk: Desk) -> None:
    one, other = open_auth(desk.auth.database), open_auth(desk.auth.database)

    kids = {(await ring.current(desk.at)).kid for ring in (one.keys, other.keys)}

    assert len(kids) == 1


async def test_published_keys_hold_no_private_half_and_verify(desk: Desk) -> None:
    tokens = await desk.begin(desk.manager)

    published = (await desk.auth.keys.jwks(desk.at))["keys"]

    assert [key.keys() for key in published] == [{"kty", "crv", "x", "kid", "use", "alg"}]
    found = jwt.PyJWKSet.from_dict({"keys": published})[jwt.get_unverified_header(tokens.access_token)["kid"]]
    assert jwt.decode(tokens.access_token, found, ["EdDSA"], audience="simurgh", options={"verify_exp": False, "verify_iat": False})[
        "sid"
    ] == str(tokens.session_id)
