"""Jobs as clients ask for them, by the app's own documents: planned, begun, read row by row, stopped; another's is not found."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from api.world import World
from auth.actor import Actor
from domain.jobs import running, service
from domain.kernel.ids import Kind, decode, encode
from domain.sims import service as sims
from store.outbox import Later, Task
from tests.world import NOW, Answer, TwoTenants, ask, counted_statements

DOCUMENTS = Path(__file__).parents[2] / "mobile" / "documents"
BLOCK, JOB = ((DOCUMENTS / f"{name}.graphql").read_text() for name in ("09_sim_block", "19_job_progress"))
LIST = """query($first: Int, $after: String) { viewer { jobs(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
  edges { node { id state by { label } rows(first: 3) { edges { node { index label state subject { id __typename } failure { code } } } } documents { id } } } } } }"""


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three cards a chunk."""
    monkeypatch.setattr(running, "CHUNK", 3)
    monkeypatch.setattr(service, "CHUNK", 3)


async def asked(world: World, actor: Actor, document: str, operation: str | None = None, **variables: Any) -> Answer:
    answer = await ask(world.database, actor, document, variables, at=NOW, parts=world, operation=operation)
    assert answer.errors == [], answer.errors
    return answer


async def block(world: World, actor: Actor, **given: Any) -> Mapping[str, Any]:
    """Sends the app's document for all active cards, or what else is given."""
    wanted = {"sims": {"filter": {"statuses": ["ACTIVE"]}}, "reason": "LOST", "idempotencyKey": str(uuid.uuid4()), **given}
    found: Mapping[str, Any] = (await asked(world, actor, BLOCK, "SimBlock", input=wanted)).data["simBlock"]
    return found


async def step(world: World, job: str) -> None:
    handler = running.handlers(world.database, world.clock, sims.DEEDS)[service.RUN]
    with suppress(Later):
        await handler(Task(1, service.RUN, "job", {"job_id": decode(job).id.hex}, 1))


async def test_the_app_plans_a_job_begins_it_follows_it_and_stops_it(world: World, two_tenants: TwoTenants) -> None:
    actor = two_tenants.one.as_profile_manager()

    planned = await block(world, actor, mode="PLAN")
    assert (planned["__typename"], planned["plan"]["changeCount"], planned["job"], planned["sims"]) == ("SimBlockPayload", 27, None, [])
    begun = await block(world, actor, planToken=planned["plan"]["token"])
    assert (begun["job"]["state"], begun["job"]["total"], begun["sims"]) == ("QUEUED", 9, [])
    assert begun["plan"]["changes"] == planned["plan"]["changes"]
    id = begun["job"]["id"]

    await step(world, id)
    seen = (await asked(world, actor, JOB, "Job", id=id)).data["node"]
    assert (seen["kind"], seen["state"], seen["succeeded"], seen["failed"], seen["rows"]["edges"]) == ("SIM_STATUS", "RUNNING", 3, 0, [])

    plan = (await asked(world, actor, JOB, "JobCancel", input={"jobId": id, "mode": "PLAN"})).data["jobCancel"]
    assert [(change["field"], change["before"], change["after"]) for change in plan["plan"]["changes"]] == [("state", "RUNNING", "CANCELLED")]
    stopped = (await asked(world, actor, JOB, "JobCancel", input={"jobId": id, "planToken": plan["plan"]["token"]})).data["jobCancel"]
    assert (stopped["job"]["state"], stopped["job"]["succeeded"]) == ("CANCELLED", 3)
    again = (await asked(world, actor, JOB, "JobCancel", input={"jobId": id})).data["jobCancel"]
    assert (again["__typename"], again["code"]) == ("Problem", "STATE_CONFLICT")


async def test_each_row_tells_what_became_of_it(world: World, two_tenants: TwoTenants) -> None:
    actor, one = two_tenants.one.as_profile_manager(), two_tenants.one
    begun = await block(world, actor, sims={"filter": {}}, errorPolicy="SKIP_FAILED")
    assert begun["plan"]["exclusionCount"] == 1
    for _ in range(5):
        await step(world, begun["job"]["id"])

    seen = (await asked(world, actor, JOB, "Job", id=begun["job"]["id"])).data["node"]

    assert (seen["state"], seen["total"], seen["succeeded"], seen["failed"]) == ("FINISHED", 12, 11, 1)
    (row,) = [edge["node"] for edge in seen["rows"]["edges"]]
    assert (row["label"], row["state"], row["failure"]["code"]) == (one.sims[6].msisdn, "FAILED", "STATE_CONFLICT")
    assert row["failure"]["message"]
    listed = (await asked(world, actor, LIST, first=1)).data["viewer"]["jobs"]
    assert (listed["totalCount"], listed["pageInfo"]["hasNextPage"]) == (1, False)
    rows = [edge["node"] for edge in listed["edges"][0]["node"]["rows"]["edges"]]
    assert [(row["index"], row["state"], row["subject"]["__typename"]) for row in rows] == [(place, "SUCCEEDED", "Sim") for place in (1, 2, 3)]


async def test_what_is_refused_names_its_rows_and_makes_no_job(world: World, two_tenants: TwoTenants) -> None:
    actor = two_tenants.one.as_profile_manager()

    refused = await block(world, actor, sims={"filter": {}})

    assert (refused["__typename"], refused["exclusionCount"], len(refused["exclusions"])) == ("RowsRejected", 1, 1)
    assert (await asked(world, actor, LIST, first=5)).data["viewer"]["jobs"]["totalCount"] == 0


async def test_a_job_is_seen_and_stopped_by_who_began_it_alone(world: World, two_tenants: TwoTenants) -> None:
    id = (await block(world, two_tenants.one.as_profile_manager()))["job"]["id"]
    for other in (two_tenants.one.as_account_manager(), two_tenants.other.as_profile_manager(), two_tenants.one.as_support()):
        assert (await asked(world, other, JOB, "Job", id=id)).data["node"] is None
        assert (await asked(world, other, LIST, first=5)).data["viewer"]["jobs"]["edges"] == []
    for other in (two_tenants.one.as_account_manager(), two_tenants.other.as_profile_manager()):
        assert (await asked(world, other, JOB, "JobCancel", input={"jobId": id})).data["jobCancel"]["code"] == "NOT_FOUND"
    answer = await ask(world.database, two_tenants.one.as_support(), JOB, {"input": {"jobId": id}}, at=NOW, parts=world, operation="JobCancel")
    assert answer.codes == ["FORBIDDEN"]


async def test_the_list_of_jobs_is_paged_newest_first_at_one_cost(world: World, two_tenants: TwoTenants) -> None:
    actor = two_tenants.one.as_profile_manager()
    begun = [
        (await block(world, actor, sims={"filter": {"accountId": two_tenants.one.account(name), "statuses": ["ACTIVE"]}}))["job"]["id"]
        for name in ("field", "office", "sales")
    ]

    pages, after = [], None
    for _ in begun:
        page = (await asked(world, actor, LIST, first=1, after=after)).data["viewer"]["jobs"]
        pages += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]

    assert sorted(pages) == sorted(begun)
    assert not page["pageInfo"]["hasNextPage"]
    plain = "query($first: Int) { viewer { jobs(first: $first) { edges { node { id state kind by { label } succeeded documents { id } } } } } }"
    costs = []
    for first in (1, 3):
        with counted_statements(world.database) as statements:
            await asked(world, actor, plain, first=first)
        costs.append(len(statements))
    assert costs == [1, 1]


async def test_as_many_ids_as_act_at_once_need_no_job(world: World, two_tenants: TwoTenants) -> None:
    cards = [encode(Kind.SIM, sim.id) for sim in two_tenants.one.sims if sim.status == "ACTIVE"]
    strangers = [encode(Kind.SIM, uuid.UUID(int=number)) for number in range(100)]

    few = await block(world, two_tenants.one.as_profile_manager(), sims={"ids": cards[:3]})
    many = await block(world, two_tenants.one.as_profile_manager(), sims={"ids": cards[3:] + strangers}, errorPolicy="SKIP_FAILED")

    assert (few["job"], len(few["sims"])) == (None, 3)
    assert (many["job"]["total"], many["plan"]["exclusionCount"], len(many["plan"]["exclusions"])) == (106, 100, 100)
