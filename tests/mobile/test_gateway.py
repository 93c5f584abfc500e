"""The gateway: one refresh for many, the offline copy, and failures told apart."""

import asyncio
import json
import pathlib
import re
import secrets
import sqlite3
import stat
from datetime import timedelta

import httpx
import pytest

from mobile.demo import DemoServer
from mobile.gateway import failures
from mobile.gateway.cache import Kept, OfflineCache, Seal
from mobile.gateway.client import Gateway
from mobile.gateway.documents import FOLDER, document
from mobile.gateway.tokens import FileTokens, MemoryTokens, Tokens
from mobile.state.services import Services
from tests.mobile.conftest import Clock


async def test_twenty_requests_with_a_dying_token_refresh_once(signed_in: Services, server: DemoServer, clock: Clock) -> None:
    before = server.refreshes
    clock.pass_by(minutes=15)

    await asyncio.gather(*(signed_in.gateway.query("Sessions") for _ in range(20)))

    assert server.refreshes == before + 1
    assert server.asked.count("SessionRefresh") == 1


async def test_a_token_refused_early_is_refreshed_once_and_the_request_repeated(signed_in: Services, server: DemoServer) -> None:
    server.access = "rotated elsewhere"

    answers = await asyncio.gather(*(signed_in.gateway.query("Sessions") for _ in range(5)))

    assert all(answer.data["viewer"]["hasTotp"] for answer in answers)
    assert server.asked.count("SessionRefresh") == 1


async def test_a_refused_refresh_ends_the_session_and_forgets_the_tokens(signed_in: Services, server: DemoServer, clock: Clock) -> None:
    server.is_ended = True
    clock.pass_by(minutes=15)

    with pytest.raises(failures.SessionEnded):
        await signed_in.gateway.query("Sessions")

    assert not signed_in.gateway.is_signed_in


async def test_a_lost_network_keeps_the_tokens_at_refresh(signed_in: Services, server: DemoServer, clock: Clock) -> None:
    clock.pass_by(minutes=15)
    server.is_offline = True

    with pytest.raises(failures.Offline):
        await signed_in.gateway.mutate("SessionRevoke", {"input": {"sessionIds": None}})

    assert signed_in.gateway.is_signed_in


async def test_without_network_the_last_answer_comes_with_its_time(signed_in: Services, server: DemoServer, clock: Clock) -> None:
    first = await signed_in.gateway.query("Sessions")
    clock.pass_by(hours=3)
    server.is_offline = True

    kept = await signed_in.gateway.query("Sessions")

    assert kept.is_cached and kept.at == first.at and kept.data == first.data
    assert signed_in.gateway.is_offline


async def test_without_network_and_without_copy_it_says_so(signed_in: Services, server: DemoServer) -> None:
    server.is_offline = True

    with pytest.raises(failures.Offline):
        await signed_in.gateway.query("SimApns", {"id": "sim-0"})


async def test_signing_in_again_shows_nothing_of_the_person_before(signed_in: Services, server: DemoServer) -> None:
    await signed_in.gateway.query("Sessions")
    signed_in.gateway.sign_in(server._tokens())
    server.is_offline = True

    with pytest.raises(failures.Offline):
        await signed_in.gateway.query("Sessions")


async def test_what_is_kept_is_sealed_and_holds_no_code_no_token_and_nothing_of_a_mutation(
    signed_in: Services, server: DemoServer, tmp_path: pathlib.Path
) -> None:
    server.is_proof_old = False
    tokens, path = FileTokens(tmp_path / "tokens.json"), tmp_path / "copy.sqlite"
    gateway = Gateway("https://care.example", tokens=tokens, cache=OfflineCache(path), transport=server, now=signed_in.now)
    gateway.sign_in(server._tokens())

    payload = await gateway.mutate("PukReveal", {"input": {"simId": "sim-0", "reason": "locked"}})
    await gateway.query("SimDetail", {"by": {"id": "sim-0"}})
    await gateway.query("Fleet", {"account": "account-group", "first": 5, "search": "0412"})
    await gateway.close()
    lying = lies_in(tmp_path)
    assert not [one for one in (b"8998350000000", b"SimDetail", b"0412", b"sim-0") if one in lying]

    kept = tokens.load()
    assert kept is not None
    seal = Seal(bytes.fromhex(kept.offline_key))
    rows = sqlite3.connect(path).execute("SELECT name, content FROM sealed").fetchall()
    opened = b"".join(seal.open(name, content).body for name, content in rows)
    assert len(rows) == 2 and b"8998350000000" in opened
    assert not [one for one in (payload["puk"]["puk1"], kept.access, kept.refresh or "-", kept.offline_key) if one.encode() in opened]
    assert Seal(bytes(32)).open(*rows[0]) is None and seal.open(rows[1][0], rows[0][1]) is None


def lies_in(folder: pathlib.Path) -> bytes:
    """Every byte of the offline copy's files."""
    return b"".join(file.read_bytes() for file in folder.glob("copy.sqlite*"))


def test_no_query_of_the_app_asks_for_a_secret() -> None:
    """Answers of queries are kept on the device, so what must never lie there comes by mutations alone."""
    never = {"puk1", "puk2", "accessToken", "refreshToken", "secret", "token", "otp", "totpSecret", "password"}
    for file in FOLDER.glob("*.graphql"):
        for query in re.findall(r"^query .*?^}", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            assert not never & set(re.findall(r"\w+", query)), file


async def test_the_next_start_finds_what_the_last_one_kept(signed_in: Services, server: DemoServer, tmp_path: pathlib.Path) -> None:
    def start() -> Gateway:
        tokens, cache = FileTokens(tmp_path / "tokens.json"), OfflineCache(tmp_path / "copy.sqlite")
        return Gateway("https://care.example", tokens=tokens, cache=cache, transport=server, now=signed_in.now)

    first = start()
    first.sign_in(server._tokens())
    asked = await first.query("Sessions")
    await first.close()

    second = start()
    kept = await second.recall("Sessions")
    second.language = "bg"
    assert kept is not None and kept.is_cached and kept.data == asked.data
    assert await second.recall("Sessions") is None  # in another language it was never seen
    await second.close()
    (tmp_path / "copy.sqlite").write_bytes(b"damaged, but never the end of the app" * 200)
    third = start()
    assert await third.recall("Sessions") is None and (await third.query("Sessions")).data == asked.data
    await third.close()


async def test_a_revoked_session_takes_its_copy_along(signed_in: Services, server: DemoServer, clock: Clock, tmp_path: pathlib.Path) -> None:
    tokens, path = MemoryTokens(), tmp_path / "copy.sqlite"
    gateway = Gateway("https://care.example", tokens=tokens, cache=OfflineCache(path), transport=server, now=clock)
    gateway.sign_in(server._tokens())
    await gateway.query("Sessions")
    assert await gateway.recall("Sessions") is not None
    server.is_ended = True
    clock.pass_by(minutes=15)

    with pytest.raises(failures.SessionEnded):
        await gateway.query("Sessions")

    assert await gateway.recall("Sessions") is None
    await gateway.close()
    assert sqlite3.connect(path).execute("SELECT count(*) FROM sealed").fetchone() == (0,)


async def test_an_answer_to_the_person_before_is_not_kept_for_the_next(signed_in: Services, server: DemoServer) -> None:
    server.delay = 0.05
    late = asyncio.create_task(signed_in.gateway.query("Sessions"))
    await asyncio.sleep(0.01)
    access = server.access
    signed_in.gateway.sign_in(server._tokens())
    server.access = access

    await late

    assert await signed_in.gateway.recall("Sessions") is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [("FORBIDDEN", failures.NoRight), ("NOT_FOUND", failures.NotFound), ("RATE_LIMITED", failures.TooMany), ("", failures.ServerFault)],
)
async def test_access_errors_become_failures_with_the_request_id(code: str, kind: type[failures.Failure]) -> None:
    error = {"message": "no", "extensions": {"code": code, "requestId": "r-1"}}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"data": None, "errors": [error]}))
    gateway = Gateway("https://care.example", tokens=MemoryTokens(), cache=OfflineCache(), transport=transport)

    with pytest.raises(kind) as raised:
        await gateway.query("Sessions")
    await gateway.close()

    assert raised.value.request_id == "r-1"


async def test_the_catalogue_comes_once_and_is_then_asked_about(signed_in: Services, server: DemoServer, clock: Clock) -> None:
    seen = []
    answer = server.handle_async_request

    async def noted(request: httpx.Request) -> httpx.Response:
        response = await answer(request)
        seen.append((request.method, request.headers.get("if-none-match"), response.status_code, response.headers.get("etag")))
        return response

    server.handle_async_request = noted  # type: ignore[method-assign]
    first = await signed_in.gateway.query("Catalogue", {"filter": None})
    clock.pass_by(minutes=5)
    again = await signed_in.gateway.query("Catalogue", {"filter": None})
    other = await signed_in.gateway.query("Catalogue", {"filter": {"categories": ["PLAN"]}})
    signed_in.gateway.language = "bg"
    translated = await signed_in.gateway.query("Catalogue", {"filter": None})
    server.is_offline = True
    offline = await signed_in.gateway.query("Catalogue", {"filter": None})

    name = seen[0][3]
    assert seen[:3] == [("GET", None, 200, name), ("GET", name, 304, name), ("GET", None, 200, name)]
    assert seen[3][:3] == ("GET", None, 200)  # what is kept is in another language
    assert again.data == first.data == other.data != translated.data == offline.data
    assert again.at - first.at == timedelta(minutes=5)
    assert (again.is_cached, offline.is_cached) == (False, True)


async def test_a_dead_token_is_refreshed_before_the_catalogue_too(signed_in: Services, server: DemoServer) -> None:
    server.access = "rotated elsewhere"

    assert (await signed_in.gateway.query("Catalogue", {"filter": None})).data["offerings"]["edges"]
    assert server.asked.count("SessionRefresh") == 1


async def test_a_catalogue_that_the_server_does_not_know_by_id_comes_by_its_text(server: DemoServer, clock: Clock) -> None:
    seen = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, b"query" in request.content))
        is_text = request.method == "POST" and "query" in json.loads(request.content)
        return await server.handle_async_request(request) if is_text else refused("DOCUMENT_NOT_FOUND")

    gateway = Gateway("https://care.example", tokens=MemoryTokens(), cache=OfflineCache(), transport=httpx.MockTransport(answer), now=clock)
    gateway.sign_in(server._tokens())
    for _ in range(2):
        assert (await gateway.query("Catalogue", {"filter": None})).data["offerings"]["edges"]
    await gateway.close()

    assert seen == [("GET", False), ("POST", True), ("POST", True)]


def refused(code: str) -> httpx.Response:
    return httpx.Response(400, json={"errors": [{"message": "no", "extensions": {"code": code, "requestId": "r-1"}}]})


async def test_documents_go_by_id_without_their_text() -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={"data": {"viewer": None}})

    gateway = Gateway("https://care.example", tokens=MemoryTokens(), cache=OfflineCache(), transport=httpx.MockTransport(answer))
    await gateway.query("Sessions", {"a": 1})
    await gateway.close()

    assert bodies == [{"documentId": document("Sessions").id, "operationName": "Sessions", "variables": {"a": 1}}]


async def test_a_server_that_does_not_know_the_id_gets_the_text_from_then_on(server: DemoServer, clock: Clock) -> None:
    bodies = []

    async def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return refused("DOCUMENT_NOT_FOUND") if "documentId" in bodies[-1] else await server.handle_async_request(request)

    gateway = Gateway("https://care.example", tokens=MemoryTokens(), cache=OfflineCache(), transport=httpx.MockTransport(answer), now=clock)
    gateway.sign_in(server._tokens())
    for _ in range(2):
        assert (await gateway.query("Sessions")).data["viewer"]["hasTotp"]
    clock.pass_by(minutes=15)
    await gateway.query("Sessions")
    await gateway.close()

    sent = [(body["operationName"], "documentId" in body, body.get("query")) for body in bodies]
    sessions, refresh = document("Sessions").text, document("SessionRefresh").text
    assert sent == [
        ("Sessions", True, None), ("Sessions", False, sessions), ("Sessions", False, sessions), ("SessionRefresh", True, None),
        ("SessionRefresh", False, refresh), ("Sessions", False, sessions),
    ]  # fmt: skip


async def test_a_server_that_takes_neither_id_nor_text_wants_a_newer_app() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return refused("DOCUMENT_NOT_FOUND" if b"documentId" in request.content else "DOCUMENT_NOT_REGISTERED")

    gateway = Gateway("https://care.example", tokens=MemoryTokens(), cache=OfflineCache(), transport=httpx.MockTransport(answer))
    with pytest.raises(failures.OutOfDate):
        await gateway.mutate("TicketOpen", {"input": {}})
    await gateway.close()


async def test_one_refused_field_leaves_the_rest() -> None:
    errors = [{"message": "no", "path": ["viewer", "hasTotp"], "extensions": {"code": "FORBIDDEN"}}]
    body = {"data": {"viewer": {"hasTotp": None, "sessions": []}}, "errors": errors}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=body))
    gateway = Gateway("https://care.example", tokens=MemoryTokens(), cache=OfflineCache(), transport=transport)

    answer = await gateway.query("Sessions")
    await gateway.close()

    assert answer.data["viewer"]["sessions"] == []
    assert answer.refusals == (failures.Refusal(path=("viewer", "hasTotp"), code="FORBIDDEN"),)


async def test_a_server_fault_carries_the_request_id(signed_in: Services, server: DemoServer) -> None:
    server.is_broken = True

    with pytest.raises(failures.ServerFault) as raised:
        await signed_in.gateway.query("SimApns", {"id": "sim-0"})

    assert raised.value.request_id == "7c2e-41fa"


async def test_the_language_goes_with_every_request(signed_in: Services, server: DemoServer) -> None:
    signed_in.gateway.language = "ru"

    answer = await signed_in.gateway.query("Home")

    assert answer.data["viewer"]["actor"]["label"] == "Менеджер профиля Никазин"


def test_a_token_file_is_for_its_owner_alone(tmp_path, clock: Clock) -> None:
    store = FileTokens(tmp_path / "kept" / "tokens.json")
    pair = Tokens(access="a", access_expires_at=clock(), refresh="r", refresh_expires_at=None, offline_key="00")

    store.save(pair)

    assert stat.S_IMODE((tmp_path / "kept" / "tokens.json").stat().st_mode) == 0o600
    assert store.load() == pair
    store.clear()
    assert store.load() is None


def test_a_damaged_token_file_counts_as_none(tmp_path) -> None:
    (tmp_path / "tokens.json").write_text(json.dumps({"access": "a"}))

    assert FileTokens(tmp_path / "tokens.json").load() is None


async def test_the_offline_copy_is_bounded_by_size_oldest_first(clock: Clock) -> None:
    cache = OfflineCache(most_bytes=50_000)
    cache.unlock(bytes(range(32)))
    for number in range(100):
        clock.pass_by(seconds=1)
        cache.keep(f"Home {number}", Kept(secrets.token_bytes(1000), clock()))

    found = [await cache.find(f"Home {number}", now=clock()) is not None for number in range(100)]
    cache.close()

    assert 40 <= sum(found) < 50 and found == sorted(found)


async def test_the_offline_copy_is_bounded_by_age(clock: Clock) -> None:
    cache = OfflineCache()
    cache.unlock(bytes(range(32)))
    cache.keep("Home", Kept(b"{}", clock()))

    assert await cache.find("Home", now=clock()) == Kept(b"{}", clock())
    clock.pass_by(days=31)
    assert await cache.find("Home", now=clock()) is None
    cache.keep("Fleet", Kept(b"{}", clock()))
    clock.pass_by(days=-31)
    assert await cache.find("Home", now=clock()) is None  # and it is gone for good
    cache.close()


async def test_where_no_file_can_be_written_the_copy_lives_in_memory(clock: Clock, tmp_path: pathlib.Path) -> None:
    (tmp_path / "a file").touch()
    cache = OfflineCache(tmp_path / "a file" / "copy.sqlite")
    cache.unlock(bytes(range(32)))
    cache.keep("Home", Kept(b"{}", clock()))

    assert await cache.find("Home", now=clock()) is not None
    cache.close()


async def test_nothing_is_kept_without_a_session(clock: Clock) -> None:
    cache = OfflineCache()
    cache.keep("Home", Kept(b"{}", clock()))
    cache.unlock(bytes(range(32)))

    assert await cache.find("Home", now=clock()) is None
    cache.close()
