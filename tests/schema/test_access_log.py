"""Who looked: what is written down, when, and who reads it."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from auth.actor import Actor, Grant
from auth.policy import RIGHTS
from domain.audit import chain, looking
from domain.audit.documents import AccessLogEntry
from domain.audit.looking import BATCH, MOST_WAITING, AccessLog, Looks
from domain.kernel.ids import Kind, Ref, decode, encode, uuid7
from domain.kernel.permissions import Permission, Role
from domain.kernel.scope import ActorRef, Reach, Scope
from schema.kernel.looks import kind_of, note
from schema.kernel.nodes import FINDERS
from schema.root import schema
from store.session import Database
from tests.world import NOW, Tenant, TwoTenants, ask, operator_admin

LOOKS = """query WhoLooked($organization: ID!, $filter: LogFilterInput, $first: Int, $after: String, $last: Int, $before: String) {
  organization(id: $organization) { accessLog(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { id at operation address reason by { label } subjects { __typename id } } } } } }"""
SIM = """query OneSim($id: ID!) { sim(by: { id: $id }) { msisdn } }"""
FLEET = """query Fleet($account: ID!) { account(id: $account) { sims(first: 200) { edges { node { msisdn } } } } }"""


@pytest.fixture
def parts(documents: Any) -> Any:
    """A world with an access log that nobody runs: what is queued stays queued until flushed."""
    return SimpleNamespace(access_log=AccessLog())


def sim_id(tenant: Tenant, number: int = 0) -> str:
    return encode(Kind.SIM, tenant.sims[number].id)


async def looks(database: Database, actor: Actor, tenant: Tenant, **variables: Any) -> list[dict[str, Any]]:
    """The access log as an actor reads it; this look itself isn't settled."""
    answer = await ask(database, actor, LOOKS, {"organization": tenant.gid, "first": 50, **variables})
    assert answer.errors == []
    return [edge["node"] for edge in answer.data["organization"]["accessLog"]["edges"]]


async def test_a_look_of_support_stands_in_the_log_before_the_answer(database: Database, two_tenants: TwoTenants, parts: Any) -> None:
    one = two_tenants.one
    answer = await ask(database, one.as_support(), SIM, {"id": sim_id(one)}, parts=parts)

    assert answer.data["sim"]["msisdn"] == one.sims[0].msisdn
    (look,) = await looks(database, one.as_profile_manager(), one)
    assert (look["operation"], look["address"], look["by"], look["reason"]) == ("OneSim", "127.0.0.1", {"label": "Support"}, None)
    assert look["subjects"] == [{"__typename": "Sim", "id": sim_id(one)}]


async def test_the_reason_is_the_one_of_the_view(database: Database, two_tenants: TwoTenants, parts: Any) -> None:
    one = two_tenants.one
    support = one.as_support()
    assert support.session_id is not None
    async with database.write() as session:
        await chain.append(
            session, one.id, by=support.ref, action="supportSessionOpen", at=NOW, path="", reason="No data since noon", subjects=[support.session_id]
        )

    await ask(database, support, SIM, {"id": sim_id(one)}, parts=parts)

    assert [look["reason"] for look in await looks(database, one.as_profile_manager(), one)] == ["No data since noon"]


async def test_a_managers_list_is_queued_and_names_twenty_at_most(database: Database, two_tenants: TwoTenants, parts: Any) -> None:
    one = two_tenants.one
    actor = one.as_profile_manager()
    await ask(database, actor, FLEET, {"account": one.account("root")}, parts=parts)

    assert await looks(database, actor, one) == []
    assert await parts.access_log.flush()
    (look,) = await looks(database, actor, one)
    assert look["operation"] == "Fleet"
    assert [subject["__typename"] for subject in look["subjects"]] == ["Account"] + ["Sim"] * 12


async def test_the_list_is_current_within_five_seconds(database: Database, two_tenants: TwoTenants, documents: Any) -> None:
    one = two_tenants.one
    actor = one.as_profile_manager()
    async with AccessLog().running() as log, asyncio.timeout(5):
        await ask(database, actor, FLEET, {"account": one.account("root")}, parts=SimpleNamespace(access_log=log))
        while not await looks(database, actor, one):  # noqa: ASYNC110 (the list is all that a client can ask)
            await asyncio.sleep(0.1)


async def test_what_waits_is_written_at_the_end(database: Database, two_tenants: TwoTenants, documents: Any) -> None:
    one = two_tenants.one
    async with AccessLog(pause_seconds=60).running() as log:
        await ask(database, one.as_profile_manager(), FLEET, {"account": one.account("root")}, parts=SimpleNamespace(access_log=log))

    assert len(await looks(database, one.as_profile_manager(), one)) == 1


async def test_a_store_that_is_slow_at_the_end_is_asked_again(
    database: Database, two_tenants: TwoTenants, documents: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, tries, insert = two_tenants.one, [0], looking._insert

    async def slow(entries: Any) -> None:
        tries[0] += 1
        await insert(entries)
        if tries[0] < looking.LAST_TRIES:
            raise TimeoutError  # as if the answer were lost: what is written by then must not stand there twice

    monkeypatch.setattr(looking, "_insert", slow)
    with pytest.raises(RuntimeError, match="stopped"):
        async with AccessLog(pause_seconds=60).running() as log:
            await ask(database, one.as_profile_manager(), FLEET, {"account": one.account("root")}, parts=SimpleNamespace(access_log=log))
            raise RuntimeError("stopped")  # whatever ends the process is still told

    assert tries == [looking.LAST_TRIES]
    assert len(await looks(database, one.as_profile_manager(), one)) == 1


async def test_nothing_seen_is_nothing_logged(database: Database, two_tenants: TwoTenants, parts: Any) -> None:
    one, other = two_tenants.one, two_tenants.other
    for document, variables in ((SIM, {"id": sim_id(other)}), (LOOKS, {"organization": other.gid, "first": 5}), (SIM, {"id": "nonsense"})):
        await ask(database, one.as_support(), document, variables, parts=parts)

    assert await AccessLogEntry.find({}).count() == 0


async def test_an_account_manager_reads_looks_at_the_subtree(database: Database, two_tenants: TwoTenants, parts: Any) -> None:
    one = two_tenants.one
    for number in (0, 4, 8):  # sales, field, office
        await ask(database, one.as_support(), SIM, {"id": sim_id(one, number)}, parts=parts)

    seen = await looks(database, one.as_account_manager(), one)

    assert {look["subjects"][0]["id"] for look in seen} == {sim_id(one, 0), sim_id(one, 4)}
    everything = await looks(database, one.as_profile_manager(), one)
    hidden = next(look for look in everything if look["subjects"][0]["id"] == sim_id(one, 8))
    node = "query($id: ID!) { node(id: $id) { ... on AccessLogEntry { operation } } }"
    assert (await ask(database, one.as_account_manager(), node, {"id": hidden["id"]})).data["node"] is None
    assert (await ask(database, one.as_profile_manager(), node, {"id": hidden["id"]})).data["node"] == {"operation": "OneSim"}


async def test_two_companies_never_read_each_others_log(database: Database, two_tenants: TwoTenants, parts: Any) -> None:
    one, other = two_tenants.one, two_tenants.other
    await ask(database, one.as_support(), SIM, {"id": sim_id(one)}, parts=parts)
    entry = (await looks(database, one.as_profile_manager(), one))[0]["id"]

    assert await looks(database, other.as_profile_manager(), other) == []
    assert (await ask(database, other.as_profile_manager(), LOOKS, {"organization": one.gid, "first": 5})).codes == ["NOT_FOUND"]
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await ask(database, other.as_profile_manager(), node, {"id": entry})).data["node"] is None


async def test_an_administrator_looks_at_two_companies_in_one_request(database: Database, two_tenants: TwoTenants, parts: Any) -> None:
    one, other = two_tenants.one, two_tenants.other
    both = "query Both($one: ID!, $other: ID!) { a: sim(by: { id: $one }) { msisdn } b: sim(by: { id: $other }) { msisdn } }"
    await ask(database, operator_admin(), both, {"one": sim_id(one), "other": sim_id(other)}, parts=parts)

    for tenant in (one, other):
        (look,) = await looks(database, tenant.as_profile_manager(), tenant)
        assert look["subjects"] == [{"__typename": "Sim", "id": sim_id(tenant)}]


async def test_filters(database: Database, two_tenants: TwoTenants, parts: Any) -> None:
    one = two_tenants.one
    support, manager = one.as_support(), one.as_profile_manager()
    await ask(database, support, SIM, {"id": sim_id(one)}, parts=parts)
    await ask(database, manager, SIM, {"id": sim_id(one, 1)}, parts=parts, at=NOW + timedelta(minutes=1))
    await ask(database, manager, FLEET, {"account": one.account("office")}, parts=parts, at=NOW + timedelta(minutes=2))
    await parts.access_log.flush()

    async def operations(**filter: Any) -> list[tuple[str, str]]:
        return [(look["operation"], look["by"]["label"]) for look in await looks(database, manager, one, filter=filter)]

    assert await operations() == [("Fleet", "Sara Karimi"), ("OneSim", "Sara Karimi"), ("OneSim", "Support")]
    assert await operations(isByOperator=True) == [("OneSim", "Support")]
    assert await operations(isByOperator=False, action="OneSim") == [("OneSim", "Sara Karimi")]
    assert await operations(subjectId=sim_id(one)) == [("OneSim", "Support")]
    assert await operations(personId=encode(Kind.PERSON, one.profile_manager.id)) == [("Fleet", "Sara Karimi"), ("OneSim", "Sara Karimi")]
    minute = {"startsAt": (NOW + timedelta(minutes=1)).isoformat(), "endsAt": (NOW + timedelta(minutes=2)).isoformat()}
    assert await operations(during=minute) == [("OneSim", "Sara Karimi")]


async def test_pages_walk_both_ways_through_looks_of_one_instant(database: Database, two_tenants: TwoTenants, parts: Any) -> None:
    one = two_tenants.one
    for number in range(7):
        await ask(database, one.as_support(), SIM, {"id": sim_id(one, number)}, parts=parts, at=NOW + timedelta(minutes=number // 3))
    manager = one.as_profile_manager()
    everything = [look["id"] for look in await looks(database, manager, one)]
    assert len(everything) == 7

    async def walk(count: str, cursor: str, more: str, end: str, filter: Any) -> list[str]:
        seen: list[str] = []
        variables: dict[str, Any] = {"organization": one.gid, count: 2, "filter": filter}
        for _ in range(10):
            page = (await ask(database, manager, LOOKS, variables)).data["organization"]["accessLog"]
            ids = [edge["node"]["id"] for edge in page["edges"]]
            seen = seen + ids if count == "first" else ids + seen
            if not page["pageInfo"][more]:
                return seen
            variables[cursor] = page["pageInfo"][end]
        raise AssertionError("endless")

    for filter, expected in ((None, everything), ({"during": {"startsAt": NOW.isoformat(), "endsAt": (NOW + timedelta(minutes=1)).isoformat()}}, everything[4:])):
        assert await walk("first", "after", "hasNextPage", "endCursor", filter) == expected
        assert await walk("last", "before", "hasPreviousPage", "startCursor", filter) == expected


async def test_without_a_document_store_sensitive_answers_are_refused_and_lists_work(
    database: Database, two_tenants: TwoTenants, documents: Any, parts: Any
) -> None:
    one = two_tenants.one
    await documents.client.close()

    refused = await ask(database, one.as_support(), SIM, {"id": sim_id(one)}, parts=parts)
    assert (refused.data, refused.codes) == (None, ["UNAVAILABLE"])
    assert "nothing is shown" in refused.errors[0]["message"]

    answer = await ask(database, one.as_profile_manager(), FLEET, {"account": one.account("root")}, parts=parts)
    assert answer.errors == [] and len(answer.data["account"]["sims"]["edges"]) == 12
    assert not await parts.access_log.flush()

    page = await ask(database, one.as_profile_manager(), LOOKS, {"organization": one.gid, "first": 5}, parts=parts)
    assert page.data == {"organization": {"accessLog": None}} and page.codes == ["UNAVAILABLE"]


async def test_what_is_written_is_what_a_document_of_it_would_be(documents: Any) -> None:
    looks, organization_id, subjects = Looks(), uuid7(), [Ref(Kind.SIM, uuid7()), Ref(Kind.ACCOUNT, uuid7())]
    for subject in subjects:
        looks.saw(organization_id, "1.2.", subject)
    by = ActorRef(uuid7(), "Sara Karimi", person_id=uuid7(), ticket_id=uuid7(), is_operator=True)

    await AccessLog().keep(looks.entries(by, "Fleet", "127.0.0.1", at=NOW + timedelta(microseconds=1234), reason="Asked"))

    (entry,) = await AccessLogEntry.find({}).to_list()
    assert entry == AccessLogEntry(
        id=entry.id, organization_id=organization_id, at=NOW + timedelta(milliseconds=1), by=by.as_json(), person_id=by.person_id,
        is_operator=True, operation="Fleet", subjects=[encode(subject.kind, subject.id) for subject in subjects], path="1.2.",
        reason="Asked", address="127.0.0.1",
    )  # fmt: skip
    stored = AccessLogEntry.get_pymongo_collection()
    written = await stored.find_one({})
    await stored.delete_many({})
    await entry.insert()
    assert written == await stored.find_one({})


async def test_entries_that_name_things_by_kind_and_uuid_are_read_as_well(documents: Any) -> None:
    subject, looks = Ref(Kind.SIM, uuid7()), Looks()
    looks.saw(uuid7(), "1.", subject)
    (entry,) = looks.entries(ActorRef(uuid7(), "Sara Karimi"), "Fleet", "", at=NOW)
    await AccessLogEntry.get_pymongo_collection().insert_one(entry | {"subjects": [[Kind.SIM.value, subject.id]]})

    assert [read.subjects for read in await AccessLogEntry.find({}).to_list()] == [list(entry["subjects"])]


async def test_a_backlog_drains_once_however_often_it_is_written(documents: Any, two_tenants: TwoTenants, database: Database) -> None:
    looks = Looks()
    looks.saw(two_tenants.one.id, "", None)
    backlog = [looks.entries(ActorRef(uuid7(), "Sara Karimi"), "Fleet", "", at=NOW)[0] for _ in range(BATCH + 1)]
    await AccessLogEntry.get_pymongo_collection().insert_many(backlog[:3])  # written by a try whose answer was lost
    log = AccessLog()
    log.keep_soon(backlog)

    assert await log.flush() and await log.flush()
    assert await AccessLogEntry.find({}).count() == BATCH + 1


async def test_finding_a_customer_is_no_look_and_reading_one_is(database: Database, two_tenants: TwoTenants, parts: Any) -> None:
    listed = "query Listed { viewer { organizations(first: 5) { edges { node { name contacts { name } } } } } }"
    desk = Actor(
        ActorRef(uuid7(), "Support", person_id=uuid7(), is_operator=True), (Grant(RIGHTS[Role.SUPPORT], Reach(None)),), is_masked=True
    )
    for actor in (desk, operator_admin()):
        answer = await ask(database, actor, listed, parts=parts)
        assert len(answer.data["viewer"]["organizations"]["edges"]) == 2

    for tenant in (two_tenants.one, two_tenants.other):
        assert [look["by"]["label"] for look in await looks(database, tenant.as_profile_manager(), tenant)] == ["Operator"]


async def test_the_queue_is_bounded(documents: Any, two_tenants: TwoTenants, database: Database) -> None:
    log = AccessLog()
    log.keep_soon([{"_id": two_tenants.one.id}] * (MOST_WAITING + 5))

    assert len(log._waiting) == MOST_WAITING


OWN_OR_PUBLIC = {"viewer", "links", "offerings", "offering", "vatRate", "helpArticles", "incidents"}
"""Root fields about the asker, or about nobody."""


def test_a_page_notes_every_place_and_the_first_twenty_of_each_organization() -> None:
    companies = [uuid7() for _ in range(3)]
    rows = [SimpleNamespace(id=uuid7(), organization_id=companies[number % 3], path=f"1.{number % 7}.") for number in range(200)]
    kinds = {Kind.SIM: type("SimRow", (SimpleNamespace,), {}), Kind.BUCKET: type("BucketRow", (SimpleNamespace,), {})}
    shown = [kinds[Kind.SIM if number < 150 else Kind.BUCKET](**vars(row)) for number, row in enumerate(rows)]
    scope = Scope(ActorRef(uuid7(), "Reader"), Permission.SIM_READ, (Reach(None),), NOW)
    looks = Looks()

    note(looks, scope, None, shown)

    for company in companies:
        look, own = looks.by_organization[company], [row for row in rows if row.organization_id == company]
        assert look.paths == {row.path for row in own}
        assert list(look.subjects) == [encode(Kind.SIM, row.id) for row in own[:20]]


def test_things_without_a_place_of_their_own_are_noted_at_what_they_are_part_of() -> None:
    organization_id, sim_id = uuid7(), uuid7()
    sim = type("SimRow", (SimpleNamespace,), {})(id=sim_id, organization_id=organization_id, path="1.2.")
    organization = type("OrganizationRow", (SimpleNamespace,), {})(id=organization_id)
    scope = Scope(ActorRef(uuid7(), "Reader"), Permission.SIM_READ, (Reach(organization_id),), NOW)
    part = SimpleNamespace(figure=1)
    for source, result, expected in (
        (sim, [part, part], ({"1.2."}, [Ref(Kind.SIM, sim_id)])),
        (sim, [], ({"1.2."}, [Ref(Kind.SIM, sim_id)])),
        (None, [organization], (set(), [Ref(Kind.ORGANIZATION, organization_id)])),
        (organization, [part], ({""}, [Ref(Kind.ORGANIZATION, organization_id)])),
        (organization, [], (set(), [Ref(Kind.ORGANIZATION, organization_id)])),
        (None, [part], ({""}, [])),
    ):
        looks = Looks()
        note(looks, scope, source, result)
        look = looks.by_organization[organization_id]
        assert (look.paths, [decode(subject) for subject in look.subjects]) == expected


def test_every_root_field_about_customers_declares_its_right() -> None:
    """A root field either declares a right, whose check notes the look, or is found by id (`find` notes it), or is about no customer."""
    query = schema.get_type_by_name("Query")
    assert query is not None
    undeclared = {schema.config.name_converter.get_graphql_name(field) for field in query.fields if "Needs `" not in (field.description or "")}  # type: ignore[union-attr]

    assert undeclared - OWN_OR_PUBLIC == {"node", "nodes"}


def test_rows_are_named_after_their_kind() -> None:
    """`schema.kernel.looks` tells by a row's class what it is of: each finder's rows bear its kind's name."""
    for kind, batch in FINDERS.items():
        rows = batch.__annotations__["return"]
        (row,) = [given for given in rows.__args__[0].__args__ if given is not type(None)]
        assert kind_of(row) is kind, f"{batch.__module__}.{batch.__name__}"


def test_every_node_of_the_schema_is_found_by_its_id() -> None:
    nodes = schema._schema.get_type("Node")
    names = {implementation.name for implementation in schema._schema.get_possible_types(nodes)}  # type: ignore[arg-type]

    found = {kind.name.title().replace("_", "") for kind in FINDERS}
    assert {"Offering" if name == "ProductOffering" else name for name in names} <= found


def hub_fields(hub: str) -> list[str]:
    """Fields of a hub that declare a right and can be asked without further input, each with a selection."""
    kind = schema._schema.get_type(hub)
    assert isinstance(kind, GraphQLObjectType)
    asked = []
    for name, field in kind.fields.items():
        required = [argument for argument in field.args.values() if str(argument.type).endswith("!") and argument.default_value is None]
        if "Needs `" not in (field.description or "") or required:
            continue
        selection = " { __typename }" if isinstance(get_named_type(field.type), GraphQLObjectType) else ""
        asked.append(f"{name}(first: 5){selection}" if "first" in field.args else f"{name}{selection}")
    return asked


@pytest.mark.parametrize("hub", ["Organization", "Account", "Sim"])
async def test_every_field_of_a_hub_is_a_look(database: Database, two_tenants: TwoTenants, parts: Any, hub: str) -> None:
    """Each field with a right, asked alone by support: what it shows is in the log."""
    one = two_tenants.one
    id = {"Organization": one.gid, "Account": one.account("root"), "Sim": sim_id(one)}[hub]
    fields = hub_fields(hub)
    assert fields

    for field in fields:
        await AccessLogEntry.find({}).delete()
        document = f"query Look($id: ID!) {{ node(id: $id) {{ ... on {hub} {{ {field} }} }} }}"
        answer = await ask(database, one.as_support(), document, {"id": id}, parts=parts)
        assert set(answer.codes) <= {"FORBIDDEN"}, (field, answer.errors)
        logged = await AccessLogEntry.find({}).to_list()
        assert [entry.operation for entry in logged] == ["Look"], field
        assert logged[0].is_operator and logged[0].organization_id == one.id


@pytest.mark.parametrize("permission", [Permission.USAGE_READ, Permission.PUK_REVEAL])
def test_usage_and_puk_codes_are_written_down_before_the_answer_whoever_asks(permission: Permission) -> None:
    scope = Scope(ActorRef(uuid7(), "Sara Karimi"), permission, (Reach(uuid7()),), NOW)
    looks, empty = Looks(), Looks()
    note(looks, scope, None, SimpleNamespace())
    note(empty, scope, None, None)

    assert looks.is_sensitive and not empty.is_sensitive
    assert list(looks.by_organization) == list(scope.organization_ids) and empty.by_organization == {}


def test_a_long_page_notes_every_organization_and_those_rows_that_tell_none() -> None:
    person, mine, other = uuid7(), uuid7(), uuid7()
    scope = Scope(ActorRef(person, "Nora", person), Permission.SIM_READ, (Reach(mine),), NOW)
    rows = [SimpleNamespace(id=uuid7(), organization_id=mine, path="a.") for _ in range(looking.MOST_SUBJECTS)]
    strays = [SimpleNamespace(id=uuid7(), organization_id=None, path="b."), SimpleNamespace(id=uuid7(), organization_id=other, path="a.")]
    for stray in strays:
        kept = Looks()

        note(kept, scope, None, [Placed(**vars(row)) for row in (*rows, stray, *rows)])

        places = {(organization_id, path) for organization_id, look in kept.by_organization.items() for path in look.paths}
        assert places == {(mine, "a."), (stray.organization_id or mine, stray.path)}


class Placed(SimpleNamespace):
    """A row as `note` meets it; its class tells that it has a place."""

    id = organization_id = path = None
