"""Nonsense where a token, a language, a link or an id of a file belongs: nobody, in words, never a 5xx."""

import base64
import json

import httpx
import pytest

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def unsigned(head: object, body: object = None) -> str:
    """A token of any content, without a good signature."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, body)]
    return ".".join([*parts, "AAAA"])


TOKENS = [
    "", ".", "..", "...", "x" * 7000, "\xe9\xff", "smg_", "smg_\xe9" + "0" * 40, "smg_dev_" + "0" * 36, "smg_" + "_" * 60, unsigned({}), unsigned([]),
    unsigned(None), unsigned(5), unsigned({"alg": "none"}), unsigned({"alg": 5, "kid": []}), unsigned({"alg": "ES256", "kid": "../../etc/passwd"}),
    unsigned({"alg": "ES256", "kid": "' OR 1=1 --"}), unsigned({"alg": "ES256", "kid": "\0"}), unsigned({"alg": "ES256", "kid": {"a": 1}}),
    unsigned({"alg": "RS256", "kid": 10**30}), unsigned({"alg": "HS256", "kid": None}, {"exp": "x"}), unsigned({"alg": "ES256", "crit": ["x"]}),
]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
async def test_a_token_of_nonsense_is_nobody(http: httpx.AsyncClient, token: str) -> None:
    headers = {"authorization": b"Bearer " + token.encode("latin-1"), "content-type": b"application/json"}

    answer = await http.post("/graphql", content=b'{"query": "{ viewer { __typename } }"}', headers=headers)

    assert answer.status_code == 200
    assert answer.json()["data"] == {"viewer": None}


@pytest.mark.parametrize("language", ["", "*", ",,,", "x" * 5000, "en;q=nan", "en;q=1e999", "\xff;q=\xff", "fa;q=-1", ";;;=,", "en-" * 1000])
async def test_a_language_of_nonsense_is_one_of_ours(http: httpx.AsyncClient, language: str) -> None:
    headers = {"accept-language": language.encode("latin-1"), "content-type": b"application/json"}

    answer = await http.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)

    assert answer.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("path", ["x", "%00", "%ff", "a.b", "%D8%A2.%D8%A2", "A" * 5000, ".", "..", "=.=", "A" * 76 + ".%F0%9F%98%80"])
async def test_a_link_of_nonsense_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(f"/files/{path}")).status_code in {404, 405}
