"""Compressed only for whoever takes gzip and where it pays; named by what it holds."""

import gzip

import pytest

from api.sending import MODERN, PLAIN, SMALLEST, compressed, is_compressed, kept, sent

LARGE = b'{"data":"' + b"x" * SMALLEST + b'"}'


@pytest.mark.parametrize(
    ("accepts", "expected"),
    [
        ("", False), ("identity", False), ("br", False), ("gzip", True), ("GZIP", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False),
        ("gzip; q=0.000", False), ("gzip;q=0.001", True), ("deflate,gzip", True), ("xgzip", False), ("gzip-ish", False), ("*", False),
        (",;,;;gzip=,", False), ("\x00" * 1000, False), ("gzip;q=nan", True),
    ],
)  # fmt: skip
def test_gzip_is_for_whoever_asks_for_it(accepts: str, expected: bool) -> None:
    assert is_compressed(LARGE, accepts) is expected


def test_small_answers_stay_as_they_are() -> None:
    assert not is_compressed(b"x" * (SMALLEST - 1), "gzip")
    assert is_compressed(b"x" * SMALLEST, "gzip")


def test_the_same_content_is_the_same_gzip() -> None:
    assert compressed(LARGE) == compressed(LARGE)
    assert gzip.decompress(compressed(LARGE)) == LARGE


def test_an_answer_is_compressed_only_where_its_sender_says_so() -> None:
    assert "content-encoding" not in sent(LARGE, 200, PLAIN, "r").headers
    answer = sent(LARGE, 200, PLAIN, "r", accepts="gzip")
    assert (answer.headers["content-encoding"], answer.headers["vary"], answer.headers["cache-control"]) == ("gzip", "accept-encoding", "no-store")
    assert gzip.decompress(bytes(answer.body)) == LARGE


def etag(content: bytes = LARGE, media_type: str = PLAIN, accepts: str = "") -> str:
    return kept(content, media_type, "r", known="", accepts=accepts).headers["etag"]


def test_a_name_is_of_the_bytes_as_they_travel() -> None:
    names = [etag(), etag(LARGE + b" "), etag(media_type=MODERN), etag(accepts="gzip"), etag(b"{}", accepts="gzip")]

    assert len(set(names)) == 5
    assert all(name.startswith('"') and name.endswith('"') for name in names)


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other",W/{} , "more"', "*"])
@pytest.mark.parametrize(("first", "then"), [("", ""), ("gzip", "gzip"), ("gzip", ""), ("", "gzip")])
def test_whoever_names_it_gets_no_body(form: str, first: str, then: str) -> None:
    answer = kept(LARGE, PLAIN, "r", known=form.format(etag(accepts=first)), accepts=then)

    assert (answer.status_code, answer.body, answer.headers["etag"]) == (304, b"", etag(accepts=then))
    assert "content-length" not in answer.headers


@pytest.mark.parametrize("known", ["", "x", '""', '"', '"other"', "W/", "**", "\x00" * 10_000, '"' * 9_999])
def test_any_other_name_gets_it_whole(known: str) -> None:
    assert kept(LARGE, PLAIN, "r", known=known, accepts="").body == LARGE
    assert kept(LARGE, PLAIN, "r", known=etag()[:-1], accepts="").status_code == 200
