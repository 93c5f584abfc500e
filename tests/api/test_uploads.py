"""Uploads over HTTP: who may send what for whom, what is refused and how, and that what is taken comes out as it went in."""

import gzip
import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from sqlmodel import select

from api.app import build
from api.workshop import Workshop
from auth.tables import SignInSession
from domain.files.ports import ScannerSilent
from domain.files.queries import blocks
from domain.files.rules import Limits
from domain.files.service import clean
from domain.files.tables import File, FileBlock, Purpose, UploadTally
from domain.files.uploads import claim
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import Kind, decode_as, encode
from domain.kernel.permissions import Permission, Role
from domain.kernel.scope import Scope
from tests.desk import Desk
from tests.world import NOW, TwoTenants

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ROWS = "شماره;دارنده\r\n۰۹۳۵۱۲۳۴۵۶۷;نیما\r\n".encode()
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Sender:
    """Somebody who sends files."""

    def __init__(self, world: Workshop, http: httpx.AsyncClient, desk: Desk, token: str) -> None:
        self.world, self.http, self.desk, self.token = world, http, desk, token

    async def send(self, body: Any, name: str | None = "sims.csv", type: str | None = "text/csv", **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {more.get('token', self.token)}", "accept-language": more.get("language", "en")}
        if type is not None:
            headers["content-type"] = type
        parameters = {"fileName": name, "organizationId": more.get("organization")}
        named = {key: value for key, value in parameters.items() if value is not None}
        return await self.http.post("/uploads", params=named, content=body, headers=headers)

    async def count(self) -> int:
        async with self.world.database.read() as session:
            return len((await session.scalars(select(File.id))).all()) + len((await session.scalars(select(FileBlock.place))).all())


def workbook(*more: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in (("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>"), *more):
            book.writestr(name, content)
    return out.getvalue()


@pytest_asyncio.fixture
async def sender(world: Workshop, http: httpx.AsyncClient, two_tenants: TwoTenants) -> AsyncIterator[Sender]:
    desk = Desk(world.auth, two_tenants)
    yield Sender(world, http, desk, (await desk.begin(desk.manager)).access_token)


async def test_a_file_comes_in_and_is_kept_as_it_was(sender: Sender, two_tenants: TwoTenants) -> None:
    body = b"msisdn\n" + b"09351234567\n" * 200_000

    answer = await sender.send(body, "d:\\folder\\sims \u202e2.CSV", "text/csv; charset=utf-8")

    assert answer.status_code == 201
    told = answer.json()
    assert told | {"uploadId": "", "expiresAt": ""} == {
        "uploadId": "", "fileName": "sims 2.CSV", "mediaType": "text/csv", "bytes": len(body), "expiresAt": "",
    }  # fmt: skip
    id = decode_as(Kind.UPLOAD, told["uploadId"])
    read = [block async for block in blocks(sender.world.database, id)]
    assert b"".join(read) == body
    assert [len(block) for block in read] == [1 << 20, 1 << 20, len(body) - (2 << 20)]
    async with sender.world.database.read() as session:
        file = (await session.scalars(select(File))).one()
    assert (file.organization_id, file.by_id, file.expires_at) == (two_tenants.one.id, sender.desk.manager.id, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("name", "type", "body"),
    [
        ("sims.csv", "application/vnd.ms-excel", ROWS),
        ("sims.txt", "text/plain", "شماره\r\n".encode("utf-16")),
        ("sims.csv", "text/csv", "شماره\r\n".encode("cp1256")),
        ("sims.csv.gz", "application/gzip", gzip.compress(ROWS * 1000)),
        ("usage.ndjson", "application/x-ndjson", b'{"msisdn": "0935"}\n'),
        ("usage.jsonl.gz", "application/x-gzip", gzip.compress(b'{"msisdn": "0935"}\n')),
        ("sims.xlsx", XLSX_TYPE, workbook()),
        ("sims.xlsx.gz", "application/gzip", gzip.compress(workbook())),
        ("نامه.pdf", "application/pdf", b"%PDF-1.7\n"),
        ("stamp.png", "image/png", PNG),
        ("stamp.jpeg", "image/jpeg", b"\xff\xd8\xff\xe0 JFIF"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",  # gzip writes the second into a body
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_type_that_is_allowed_is_taken(sender: Sender, name: str, type: str, body: bytes) -> None:
    answer = await sender.send(body, name, type)

    assert (answer.status_code, answer.json().get("fileName")) == (201, name), answer.json()


def lying_zip() -> bytes:
    """A part that says it holds one byte and holds a megabyte."""
    book = bytearray(workbook(("xl/worksheets/sheet1.xml", b"A" * (1 << 20))))
    size = (1 << 20).to_bytes(4, "little")
    while (at := book.find(size)) >= 0:
        book[at : at + 4] = (1).to_bytes(4, "little")
    return bytes(book)


HOSTILE = {
    "nothing": ("sims.csv", "text/csv", b"", 400),
    "a program's name": ("sims.exe", "application/octet-stream", b"MZ", 415),
    "a name of a folder": ("../../", "text/csv", ROWS, 400),
    "no ending": ("sims", "text/csv", ROWS, 400),
    "only an ending": (".csv", "text/csv", ROWS, 400),
    "a gzipped paper": ("x.pdf.gz", "application/gzip", gzip.compress(b"%PDF-1"), 415),
    "another type declared": ("sims.csv", "application/pdf", ROWS, 415),
    "no type declared": ("sims.csv", None, ROWS, 415),
    "a page as a picture": ("x.png", "image/png", b"<html><script>alert(1)</script>", 422),
    "a page as a table": ("x.csv", "text/csv", b"\xef\xbb\xbf  <!DOCTYPE html><script>", 422),
    "a workbook as a table": ("x.csv", "text/csv", workbook(), 422),
    "a table as a workbook": ("x.xlsx", XLSX_TYPE, ROWS, 422),
    "zeros as a table": ("x.csv", "text/csv", ROWS + b"\0" * 100, 422),
    "a table as JSON": ("x.ndjson", "application/x-ndjson", ROWS, 422),
    "broken UTF-16": ("x.csv", "text/csv", b"\xff\xfea\x00\x00\xd8a\x00", 422),
    "a broken gzip": ("x.csv.gz", "application/gzip", gzip.compress(ROWS)[:-6], 422),
    "no gzip": ("x.csv.gz", "application/gzip", ROWS, 422),
    "an empty gzip": ("x.csv.gz", "application/gzip", gzip.compress(b""), 400),
    "a gzip in a gzip": ("x.csv.gz", "application/gzip", gzip.compress(gzip.compress(ROWS)), 422),
    "a bomb": ("x.csv.gz", "application/gzip", gzip.compress(b"0" * 80_000_000), 413),
    "a bomb of many members": ("x.csv.gz", "application/gzip", gzip.compress(b"0" * 10_000_000) * 8, 413),
    "a workbook bomb": ("x.xlsx", XLSX_TYPE, workbook(("xl/worksheets/sheet1.xml", b"0" * 60_000_000)), 413),
    "a workbook of many parts": ("x.xlsx", XLSX_TYPE, workbook(*((f"xl/{i}", b"") for i in range(2_100))), 413),
    "a workbook that lies about its size": ("x.xlsx", XLSX_TYPE, lying_zip(), 422),
    "a workbook cut short": ("x.xlsx", XLSX_TYPE, workbook()[:-30], 422),
    "macros": ("x.xlsx", XLSX_TYPE, workbook(("xl/vbaProject.bin", b"Sub")), 422),
    "a zip that is no workbook": ("x.xlsx", XLSX_TYPE, workbook().replace(b"workbook.xml", b"notebook.xml"), 422),
    "a virus": ("x.csv", "text/csv", ROWS * 40_000 + EICAR, 422),
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_hostile_or_broken_is_refused_and_nothing_kept(sender: Sender, case: str) -> None:
    name, type, body, status = HOSTILE[case]

    answer = await sender.send(body, name, type)

    assert (answer.status_code, await sender.count()) == (status, 0), answer.json()
    told = answer.json()
    assert told["code"] == "INVALID_INPUT" and told["requestId"] and told["message"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_it_is_told_in_the_callers_language(sender: Sender) -> None:
    said = {language: (await sender.send(b"", language=language)).json()["message"] for language in ("fa", "en", "ru", "bg")}

    assert said["fa"] == "پرونده خالی است." and len(set(said.values())) == 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_is_read_beyond_the_limit(sender: Sender, world: Workshop) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"0" * 100_000

    paper = await sender.send(b"%PDF-" + bytes(5_000_000), "x.pdf", "application/pdf")
    table = await sender.send(endless())

    assert (paper.status_code, table.status_code, await sender.count()) == (413, 413, 0)
    assert "5" in paper.json()["message"] and "64" in table.json()["message"]
    assert sent <= 642


async def test_strangers_others_and_lookers_on_are_refused(sender: Sender, two_tenants: TwoTenants) -> None:
    support = await sender.desk.hire(Role.SUPPORT)
    support_token = (await sender.desk.begin(support)).access_token
    mine, foreign = two_tenants.one.gid, two_tenants.other.gid

    assert (await sender.send(ROWS, token="nonsense")).status_code == 401
    assert (await sender.send(ROWS, organization=foreign)).status_code == 404
    assert (await sender.send(ROWS, organization="x")).status_code == 404
    assert (await sender.send(ROWS, token=support_token)).status_code == 400
    assert (await sender.send(ROWS, token=support_token, organization=encode(Kind.ORGANIZATION, support.id))).status_code == 404
    assert await sender.count() == 0
    assert (await sender.send(ROWS, organization=mine)).status_code == 201
    assert (await sender.send(ROWS, token=support_token, organization=mine)).status_code == 201


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_whoever_may_only_look_may_not_send(sender: Sender, world: Workshop, two_tenants: TwoTenants) -> None:
    view = await sender.desk.hire(Role.SUPPORT)
    tokens = await sender.desk.begin(view)
    await sender.desk.change(
        SignInSession, tokens.session_id, ticket_id=await sender.desk.ticket(), organization_id=two_tenants.one.id
    )

    answer = await sender.send(ROWS, token=tokens.access_token, organization=two_tenants.one.gid)

    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


async def test_a_days_quota_holds_for_the_actor_and_the_organization(world: Workshop, sender: Sender) -> None:
    limits = Limits(actor_files=3, actor_bytes=1_000)
    small = replace(world, settings=_with(world, limits))
    transport = httpx.ASGITransport(app=build(small), client=("127.0.0.1", 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        sender.http = http
        answers = [await sender.send(ROWS), await sender.send(b"x" * 990), await sender.send(EICAR), await sender.send(ROWS), await sender.send(ROWS)]

    assert [answer.status_code for answer in answers] == [201, 429, 422, 201, 429]
    async with world.database.read() as session:
        tallies = {tally.owner_id: (tally.files, tally.size_bytes) for tally in (await session.scalars(select(UploadTally))).all()}
    assert tallies == {owner: (3, 2 * len(ROWS) + len(EICAR)) for owner in (sender.desk.manager.id, sender.desk.tenant.id)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_verdict_is_no_file(world: Workshop, sender: Sender) -> None:
    class Silent:
        async def scan(self, content: Any) -> str | None:
            raise ScannerSilent

    transport = httpx.ASGITransport(app=build(replace(world, scanner=Silent())), client=("127.0.0.1", 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        sender.http = http
        answer = await sender.send(ROWS)

    assert (answer.status_code, answer.headers["retry-after"], await sender.count()) == (503, "5", 0)


async def test_only_the_sender_claims_it_once_for_what_it_fits(sender: Sender, two_tenants: TwoTenants) -> None:
    id = decode_as(Kind.UPLOAD, (await sender.send(ROWS)).json()["uploadId"])
    mine, company = two_tenants.one.as_profile_manager().scope(Permission.TICKET_WRITE, NOW), two_tenants.one.id
    other_person = two_tenants.one.as_account_manager().scope(Permission.TICKET_WRITE, NOW)

    async def claimed(scope: Scope, purpose: Purpose, organization: Any = company) -> list[str]:
        async with sender.world.database.write() as session:
            return [row.file_name for row in await claim(session, scope, [id], purpose, organization_id=organization)]

    with pytest.raises(NotFound):
        await claimed(other_person, Purpose.ATTACHMENT)
    with pytest.raises(NotFound):
        await claimed(mine, Purpose.ATTACHMENT, two_tenants.other.id)
    with pytest.raises(InvalidInput):
        await claimed(mine, Purpose.PAPER)
    assert await claimed(mine, Purpose.IMPORT) == ["sims.csv"]
    with pytest.raises(NotFound):
        await claimed(mine, Purpose.IMPORT)


async def test_what_nobody_claims_is_gone_after_a_day(sender: Sender, two_tenants: TwoTenants) -> None:
    ids = [decode_as(Kind.UPLOAD, (await sender.send(ROWS)).json()["uploadId"]) for _ in range(2)]
    mine = two_tenants.one.as_profile_manager().scope(Permission.TICKET_WRITE, NOW)
    async with sender.world.database.write() as session:
        await claim(session, mine, ids[:1], Purpose.IMPORT, organization_id=two_tenants.one.id)

    await clean(sender.world.database, at=NOW + timedelta(hours=23, minutes=59))
    assert await sender.count() == 4
    await clean(sender.world.database, at=NOW + timedelta(days=1))

    assert await sender.count() == 2
    async with sender.world.database.read() as session:
        assert (await session.scalars(select(File.id))).all() == ids[:1]


def _with(world: Workshop, limits: Limits) -> Any:
    return msgspec.structs.replace(world.settings, upload_limits=limits)
