"""Files out and in through the API: a job makes the file, its link opens it, scope holds, and a death at any moment does no row twice."""

import gzip
import io
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
import pytest_asyncio
from sqlalchemy import func
from sqlmodel import col, select

from api.worker import handlers
from api.workshop import Workshop
from domain.exports import service as exports
from domain.files.records import open_records
from domain.imports import running as imports
from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Role
from domain.sims.tables import Sim, SimCounter
from domain.usage.documents import UsageRecord
from store import outbox
from store.session import Session
from tests.desk import Desk
from tests.domain.imports.test_imports import row
from tests.domain.imports.test_usage import record
from tests.world import LEGAL_IDS, NOW, TwoTenants

EXPORT = """mutation($input: ExportCreateInput!) { exportCreate(input: $input) {
  ... on ExportCreatePayload { plan { token changes { field after } } job { id kind state total } } ... on UserError { code field message } } }"""
IMPORT = """mutation($input: ImportCreateInput!) { importCreate(input: $input) {
  ... on ImportCreatePayload { plan { token changes { field after } } job { id } } ... on UserError { code field message } } }"""
JOB = """query($id: ID!) { node(id: $id) { ... on Job { state total succeeded failed documents { fileName mediaType url }
  rows(states: [FAILED], first: 50) { edges { node { index label failure { message } } } } } } }"""


class Client:
    """Somebody signed in, with the worker at hand."""

    def __init__(self, world: Workshop, http: httpx.AsyncClient, desk: Desk) -> None:
        self.world, self.http, self.desk, self.token = world, http, desk, ""

    async def ask(self, document: str, **variables: Any) -> Any:
        headers = {"authorization": f"Bearer {self.token}"}
        answer = (await self.http.post("/graphql", json={"query": document, "variables": variables}, headers=headers)).json()
        assert "errors" not in answer, answer
        return next(iter(answer["data"].values()))

    async def upload(self, content: bytes, name: str = "file.csv", type: str = "text/csv") -> str:
        headers = {"authorization": f"Bearer {self.token}", "content-type": type}
        parameters = {"fileName": name, "organizationId": self.desk.tenant.gid}
        answer = await self.http.post("/uploads", params=parameters, content=content, headers=headers)
        assert answer.status_code == 201, answer.json()
        return str(answer.json()["uploadId"])

    async def bring_in(self, kind: str, upload_id: str, policy: str = "SKIP_FAILED", **more: Any) -> Any:
        content = {"kind": kind, "organizationId": self.desk.tenant.gid, "uploadId": upload_id, "errorPolicy": policy, "idempotencyKey": str(uuid4())}
        return await self.ask(IMPORT, input=content | more)

    async def work(self) -> None:
        while await outbox.run_once(self.world.database, handlers(self.world), self.world.clock, worker="test"):
            pass

    async def job(self, id: str) -> Any:
        return await self.ask(JOB, id=id)

    async def table(self, document: Any) -> list[list[str]]:
        answer = await self.http.get(document["url"])
        assert answer.status_code == 200
        with open_records(io.BytesIO(answer.content)) as records:
            return [list(records.titles), *(cells for _, cells in records.rows)]


class Death(Exception):
    """The end of a worker in the middle of something."""


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, after: int) -> Iterator[None]:
    """Kills whoever works at the store's statement of this number."""
    left = [after]

    def counted(real: Any) -> Any:
        async def statement(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                raise Death
            return await real(*given, **named)

        return statement

    with monkeypatch.context() as patch:
        for name in ("execute", "scalars", "flush", "commit"):
            patch.setattr(Session, name, counted(getattr(Session, name)))
        yield


@pytest_asyncio.fixture
async def client(world: Workshop, http: httpx.AsyncClient, two_tenants: TwoTenants) -> AsyncIterator[Client]:
    """The first company's profile manager."""
    client = Client(world, http, Desk(world.auth, two_tenants))
    client.token = (await client.desk.begin(client.desk.manager)).access_token
    yield client


async def operator(client: Client) -> None:
    """Makes the client the operator's administrator."""
    person = await client.desk.hire(Role.OPERATOR_ADMIN)
    client.token = (await client.desk.begin(person)).access_token


@pytest.mark.parametrize("format", ["CSV", "XLSX", "JSONL"])
async def test_a_job_makes_the_file_and_only_what_is_in_scope_is_in_it(client: Client, two_tenants: TwoTenants, format: str) -> None:
    one = two_tenants.one
    files: list[list[list[str]]] = []
    for person in (one.profile_manager, one.account_manager):
        client.token = (await client.desk.begin(person)).access_token
        planned = await client.ask(EXPORT, input={"kind": "SIMS", "format": format, "subjectId": one.gid, "mode": "PLAN"})
        begun = await client.ask(EXPORT, input={"kind": "SIMS", "format": format, "subjectId": one.gid, "planToken": planned["plan"]["token"]})
        await client.work()
        job = await client.job(begun["job"]["id"])
        assert planned["job"] is None and {"field": "total", "after": str(job["total"])} in planned["plan"]["changes"]
        assert (job["state"], job["succeeded"], job["failed"]) == ("FINISHED", job["total"], 0)
        files.append(await client.table(job["documents"][0]))

    numbers = [{cells[table[0].index("msisdn")] for cells in table[1:]} for table in files]
    assert numbers == [{sim.msisdn for sim in one.sims}, {sim.msisdn for sim in one.sims[:8]}]


async def test_filter_and_place_narrow_it_and_others_are_nobody(client: Client, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    begun = await client.ask(EXPORT, input={"kind": "SIMS", "subjectId": one.account("sales"), "sims": {"statuses": ["BLOCKED", "READY_TO_ACTIVATE"]}})
    foreign = await client.ask(EXPORT, input={"kind": "SIMS", "subjectId": two_tenants.other.gid})
    mixed = await client.ask(EXPORT, input={"kind": "ORDERS", "subjectId": one.gid, "sims": {"hasDebt": True}})
    await client.work()
    job = await client.job(begun["job"]["id"])
    url = job["documents"][0]["url"]
    table = await client.table(job["documents"][0])

    assert {cells[table[0].index("msisdn")] for cells in table[1:]} == {one.sims[2].msisdn, one.sims[6].msisdn}
    assert (foreign["code"], mixed["code"]) == ("NOT_FOUND", "INVALID_INPUT")
    client.token = (await client.desk.begin(one.account_manager)).access_token
    assert await client.job(begun["job"]["id"]) is None
    assert url


@pytest.mark.parametrize("kind", ["USAGE", "LEDGER", "ORDERS", "TICKETS", "AUDIT"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_kind_makes_a_file(client: Client, two_tenants: TwoTenants, kind: str) -> None:
    one = two_tenants.one
    await client.desk.ticket()
    await UsageRecord(
        id=uuid4(), organization_id=one.id, sim_id=one.sims[0].id, path=one.sims[0].path, service="DATA", direction="OUTGOING", other_party="=1+1",
        destination=None, is_roaming=False, started_at=NOW, duration_seconds=None, quantity=5, charge=0, is_included=True, bucket_id=None,
        as_of=NOW, source="CARRIER",
    ).insert()  # fmt: skip
    begun = await client.ask(EXPORT, input={"kind": kind, "subjectId": one.gid, "during": {"startsAt": "2020-01-01T00:00:00Z"}})
    await client.work()
    job = await client.job(begun["job"]["id"])
    table = await client.table(job["documents"][0])

    assert job["state"] == "FINISHED" and len(table) == 1 + job["total"]
    assert job["total"] >= (1 if kind in ("USAGE", "TICKETS", "AUDIT") else 0)
    if kind == "USAGE":
        assert dict(zip(*table, strict=True))["other_party"] == "'=1+1"


async def test_an_export_that_dies_again_and_again_has_each_row_once(client: Client, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    monkeypatch.setattr(exports, "BLOCK_BYTES", 1)
    begun = await client.ask(EXPORT, input={"kind": "SIMS", "subjectId": two_tenants.one.gid})
    id, clock = decode_as(Kind.JOB, begun["job"]["id"]), client.world.clock
    survived = 0
    for seed in range(40):
        with dying(monkeypatch, random.Random(seed).randrange(1, 40)), suppress(Death):
            await exports._run(client.world.database, id, at=clock.now())
            survived += 1
    while not await exports._run(client.world.database, id, at=clock.now()):
        pass

    job = await client.job(begun["job"]["id"])
    table = await client.table(job["documents"][0])
    assert sorted(cells[table[0].index("msisdn")] for cells in table[1:]) == sorted(sim.msisdn or "" for sim in two_tenants.one.sims)
    assert (job["succeeded"], len(job["documents"])) == (12, 1)
    assert survived < 35


def cards(count: int, bad: Sequence[int] = ()) -> bytes:
    """A file of cards for the first company, some with a number that a spreadsheet shortened."""
    rows = [[LEGAL_IDS[0], "A-1", *row(number + 1_000)[2:]] for number in range(count)]
    for number in bad:
        rows[number][2] = "9.89E+11"
    head = "legal id,account,msisdn,iccid,imsi,status,puk,puk2,holder"
    return "\n".join([head, *(",".join(map(str, cells)) for cells in rows)]).encode()


async def test_an_import_leaves_all_out_or_the_bad_rows_and_hands_them_back(client: Client, world: Workshop) -> None:
    await operator(client)
    content = cards(60, bad=(7, 30))
    planned = await client.bring_in("SIMS", await client.upload(content), "REJECT_ALL", mode="PLAN")
    refused = await client.bring_in("SIMS", await client.upload(content), "REJECT_ALL")
    await client.work()
    none, job = await count(world), await client.job(refused["job"]["id"])
    begun = await client.bring_in("SIMS", await client.upload(gzip.compress(content), "f.csv.gz", "application/gzip"))
    await client.work()
    done = await client.job(begun["job"]["id"])
    table = await client.table(done["documents"][0])

    assert {"field": "total", "after": "60"} in planned["plan"]["changes"] and planned["job"] is None
    assert (none, job["state"], job["succeeded"], job["failed"]) == (24, "FAILED", 0, 2)
    assert (await count(world), done["state"], done["succeeded"], done["failed"]) == (24 + 58, "FINISHED", 58, 2)
    assert [edge["node"]["index"] for edge in done["rows"]["edges"]] == [9, 32]
    assert done["rows"]["edges"][0]["node"]["label"] == "msisdn: 9.89E+11"
    assert [cells[-2] for cells in table[1:]] == ["9", "32"] and table[0][:2] == ["legal id", "account"]
    assert [document["mediaType"] for document in job["documents"]] == ["text/csv"]


async def count(world: Workshop) -> int:
    async with world.database.read() as session:
        return int((await session.execute(select(func.count()).select_from(Sim))).scalar_one())


@pytest.mark.parametrize("policy", ["REJECT_ALL", "SKIP_FAILED"])
async def test_an_import_that_dies_again_and_again_does_each_row_once(
    client: Client, world: Workshop, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 5)
    await operator(client)
    begun = await client.bring_in("SIMS", await client.upload(cards(200)), policy)
    id, clock = decode_as(Kind.JOB, begun["job"]["id"]), client.world.clock
    survived = 0
    for seed in range(30):
        with dying(monkeypatch, random.Random(seed).randrange(1, 60)), suppress(Death):
            await imports._run(world.database, world.sealer, id, at=clock.now())
            survived += 1
    while not await imports._run(world.database, world.sealer, id, at=clock.now()):
        pass

    job = await client.job(begun["job"]["id"])
    async with world.database.read() as session:
        counted = (await session.execute(select(func.sum(SimCounter.count)))).scalar_one()
    assert (job["state"], job["succeeded"], job["failed"]) == ("FINISHED", 200, 0)
    assert (await count(world), counted) == (224, 224)
    assert survived < 25


async def test_a_company_imports_holders_of_its_own_cards_alone(client: Client, world: Workshop, two_tenants: TwoTenants) -> None:
    mine, foreign = two_tenants.one.sims[0], two_tenants.other.sims[0]
    content = f"msisdn,holder\n{mine.msisdn},Nima\n{foreign.msisdn},Thief\n".encode()

    begun = await client.bring_in("HOLDERS", await client.upload(content))
    await client.work()
    job = await client.job(begun["job"]["id"])
    headers = {"authorization": f"Bearer {client.token}"}
    forbidden = {"kind": "SIMS", "organizationId": client.desk.tenant.gid, "uploadId": await client.upload(cards(1)), "idempotencyKey": str(uuid4())}
    answer = (await client.http.post("/graphql", json={"query": IMPORT, "variables": {"input": forbidden}}, headers=headers)).json()

    assert (job["state"], job["succeeded"], job["failed"]) == ("FINISHED", 1, 1)
    async with world.database.read() as session:
        names = dict((await session.execute(select(Sim.id, Sim.holder_name).where(col(Sim.id).in_([mine.id, foreign.id])))).all())
    assert names == {mine.id: "Nima", foreign.id: foreign.holder_name}
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_usage_comes_in_by_a_job(client: Client, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK", 100)
    await operator(client)
    lines = b"".join(orjson.dumps(record(n, two_tenants.one.sims[n % 12].msisdn)) + b"\n" for n in range(450))

    begun = await client.bring_in("USAGE", await client.upload(lines, "u.ndjson", "application/x-ndjson"), "REJECT_ALL")
    await client.work()
    job = await client.job(begun["job"]["id"])

    assert (job["state"], job["succeeded"], job["failed"], await UsageRecord.count()) == ("FINISHED", 450, 0, 450)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_cant_be_read_is_refused_at_once(client: Client) -> None:
    answer = await client.bring_in("HOLDERS", await client.upload(b"no,such\n1,2\n"))
    gone = await client.bring_in("HOLDERS", "dXA" + "A" * 21)

    assert (answer["code"], gone["code"]) == ("INVALID_INPUT", "NOT_FOUND")
    assert "msisdn" in answer["message"]
