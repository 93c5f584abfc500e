"""Who did what, as each role reads it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.audit import chain
from domain.kernel.errors import StateConflict
from domain.kernel.ids import Kind, Ref, encode, uuid7
from domain.kernel.plan import Change, Reason
from domain.kernel.scope import ActorRef
from domain.people.tables import Person
from store.session import Database
from tests.world import NOW, Tenant, TwoTenants, ask, counted_statements

TRAIL = """query($organization: ID!, $filter: LogFilterInput, $first: Int, $after: String) { organization(id: $organization) {
  auditTrail(filter: $filter, first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node {
    id at action reason isReversible hash previousHash failure { code message field } by { label }
    changeCount changes { subject { id } label field before after money { amount } } } } } } }"""
OF_SIM = """query($id: ID!) { sim(by: { id: $id }) { auditTrail(first: 5) { edges { node { action reason } } } } }"""
NODE = """query($id: ID!) { node(id: $id) { ... on AuditEntry { action } } }"""


async def record(database: Database, tenant: Tenant, person: Person, action: str, account: str, *, at: int = 0, **more: Any) -> UUID:
    """An entry in a tenant's trail, by a person, under an account."""
    by = more.pop("by", ActorRef(person.id, person.name, person_id=person.id))
    async with database.write() as session:
        moment = NOW + timedelta(minutes=at)
        return await chain.append(session, tenant.id, by=by, action=action, at=moment, path=tenant.accounts[account].path, **more)


async def trail(database: Database, actor: Any, tenant: Tenant, **variables: Any) -> list[dict[str, Any]]:
    answer = await ask(database, actor, TRAIL, {"organization": tenant.gid, "first": 50, **variables})
    assert answer.errors == []
    return [edge["node"] for edge in answer.data["organization"]["auditTrail"]["edges"]]


async def test_entries_come_newest_first_and_chained(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    sim = one.sims[0]
    change = Change(Ref(Kind.SIM, sim.id), sim.msisdn or "", "status", "ACTIVE", "BLOCKED")
    await record(database, one, one.profile_manager, "simBlock", "sales", changes=[change], reason="lost")
    await record(database, one, one.profile_manager, "simUnblock", "sales", at=1, failure=Reason.of(StateConflict(field=("simIds",))))

    newest, oldest = await trail(database, one.as_profile_manager(), one)

    assert [newest["action"], oldest["action"]] == ["simUnblock", "simBlock"]
    assert newest["previousHash"] == oldest["hash"]
    assert newest["failure"] == {"code": "STATE_CONFLICT", "message": "Its present state doesn't allow this.", "field": ["simIds"]}
    assert oldest["failure"] is None and oldest["isReversible"] is True
    assert oldest["changeCount"] == 1 and newest["changes"] == []
    assert oldest["changes"] == [
        {"subject": {"id": encode(Kind.SIM, sim.id)}, "label": sim.msisdn, "field": "status", "before": "ACTIVE", "after": "BLOCKED", "money": None}
    ]


async def test_an_account_manager_reads_what_lies_wholly_in_the_subtree(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    entries = {account: await record(database, one, one.profile_manager, account, account) for account in ("root", "sales", "field", "office")}

    seen = await trail(database, one.as_account_manager(), one)

    assert {entry["action"] for entry in seen} == {"sales", "field"}
    for account, entry in entries.items():
        answer = await ask(database, one.as_account_manager(), NODE, {"id": encode(Kind.AUDIT_ENTRY, entry)})
        assert (answer.data["node"] is not None) == (account in {"sales", "field"})


async def test_nobody_reads_the_trail_of_another_company(database: Database, two_tenants: TwoTenants) -> None:
    entry = await record(database, two_tenants.one, two_tenants.one.profile_manager, "simBlock", "sales")

    for actor in (two_tenants.other.as_profile_manager(), two_tenants.other.as_account_manager(), two_tenants.other.as_support()):
        answer = await ask(database, actor, TRAIL, {"organization": two_tenants.one.gid, "first": 50})
        assert answer.codes == ["NOT_FOUND"]
        assert (await ask(database, actor, NODE, {"id": encode(Kind.AUDIT_ENTRY, entry)})).data["node"] is None


async def test_filters(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    staff = ActorRef(uuid7(), "Support", person_id=uuid7(), is_operator=True)
    sim = one.sims[0].id
    await record(database, one, one.profile_manager, "simBlock", "sales", subjects=[sim])
    await record(database, one, one.account_manager, "simUnblock", "sales", at=1, subjects=[sim])
    await record(database, one, one.profile_manager, "walletAdjust", "root", at=2, by=staff)
    actor = one.as_profile_manager()

    async def actions(**filter: Any) -> list[str]:
        return [entry["action"] for entry in await trail(database, actor, one, filter=filter)]

    assert await actions(subjectId=encode(Kind.SIM, sim)) == ["simUnblock", "simBlock"]
    assert await actions(personId=encode(Kind.PERSON, one.account_manager.id)) == ["simUnblock"]
    assert await actions(isByOperator=True) == ["walletAdjust"]
    assert await actions(isByOperator=False) == ["simUnblock", "simBlock"]
    assert await actions(action="simBlock") == ["simBlock"]
    during = {"startsAt": (NOW + timedelta(minutes=1)).isoformat(), "endsAt": (NOW + timedelta(minutes=2)).isoformat()}
    assert await actions(during=during) == ["simUnblock"]
    assert await actions(subjectId=encode(Kind.SIM, sim), action="walletAdjust") == []
    refused = await ask(database, actor, TRAIL, {"organization": one.gid, "first": 5, "filter": {"subjectId": "nonsense"}})
    assert refused.codes == ["NOT_FOUND"]


async def test_pages_walk_through_entries_of_one_instant_in_constant_statements(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    for number in range(5):
        await record(database, one, one.profile_manager, f"action{number}", "root")
    seen: list[str] = []
    after = None
    for _ in range(3):
        with counted_statements(database) as statements:
            answer = await ask(database, one.as_profile_manager(), TRAIL, {"organization": one.gid, "first": 2, "after": after})
        page = answer.data["organization"]["auditTrail"]
        seen += [edge["node"]["action"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        assert len(statements) == 2

    assert seen == ["action4", "action3", "action2", "action1", "action0"]
    assert not page["pageInfo"]["hasNextPage"]


async def test_the_trail_of_a_sim(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    await record(database, one, one.profile_manager, "simBlock", "sales", subjects=[one.sims[0].id], reason="lost")
    await record(database, one, one.profile_manager, "simBlock", "sales", subjects=[one.sims[1].id])

    answer = await ask(database, one.as_account_manager(), OF_SIM, {"id": encode(Kind.SIM, one.sims[0].id)})

    assert answer.data["sim"]["auditTrail"]["edges"] == [{"node": {"action": "simBlock", "reason": "lost"}}]


async def test_personal_values_are_masked_for_support(database: Database, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    changes = [
        Change(None, "+989350000001", "holder", "Ali Ahmadi", "Reza Moradi"),
        Change(None, "Sara Karimi", "person.mobile", "+989351112233", "+989354445566"),
        Change(None, "Sara Karimi", "memberships.role", None, "ACCOUNT_MANAGER"),
        Change(Ref(Kind.PERSON, one.profile_manager.id), "Sara Karimi", "person.email", None, "sara@example.com"),
        Change(None, "A-2", "name", "Sales", "Sales East"),
    ]
    await record(database, one, one.profile_manager, "many", "root", changes=changes)

    (masked,), (plain,) = await trail(database, one.as_support(), one), await trail(database, one.as_profile_manager(), one)

    assert [(change["label"], change["before"], change["after"]) for change in masked["changes"]] == [
        ("+989350000001", "A••• A•••", "R••• M•••"),
        ("S••• K•••", "+98•••33", "+98•••66"),
        ("S••• K•••", None, "ACCOUNT_MANAGER"),
        ("S••• K•••", None, "s•••@•••.com"),
        ("A-2", "Sales", "Sales East"),
    ]
    assert masked["by"] == {"label": "S••• K•••"}
    assert plain["changes"][0]["after"] == "Reza Moradi" and plain["by"] == {"label": "Sara Karimi"}
