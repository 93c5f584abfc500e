"""Usage of cards and accounts, as each role sees it, and without the document store."""

from datetime import timedelta
from typing import Any

import pytest

from domain.bundles.tables import Bucket
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.quantity import FigureSource, UsageType
from domain.usage import service
from domain.usage.documents import UsageDirection
from store.session import Database
from tests.usage import hourly, usage
from tests.world import NOW, TwoTenants, ask, counted_statements

RECENT = """query($id: ID!) { sim(by: { id: $id }) { msisdn lastUsageAt
  recentUsage { id service direction otherParty destination isRoaming startedAt durationSeconds quantity { amount unit } charge { amount }
    isIncluded bucket { id name } sim { msisdn } asOf source } } }"""
ITEMISED = """query($sim: ID!, $filter: UsageFilterInput, $after: String) { sim(by: { id: $sim }) {
  usage(filter: $filter, first: 4, after: $after) { pageInfo { hasNextPage endCursor } edges { cursor node { id startedAt } } } } }"""
OF_ACCOUNT = """query($account: ID!, $filter: UsageFilterInput) { account(id: $account) {
  usage(filter: $filter, first: 100) { edges { node { id otherParty sim { msisdn } bucket { name } } } } } }"""
OF_FLEET = """query($account: ID!, $first: Int!) { account(id: $account) { sims(first: $first) { edges { node { id recentUsage { id } } } } } }"""
ANY = "query($id: ID!) { node(id: $id) { __typename id } }"


async def test_the_last_fifteen_with_everything_about_them(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    card = two_tenants.one.sims[0]
    bucket = Bucket(
        id=uuid7(), organization_id=card.organization_id, sim_id=card.id, usage_type=UsageType.VOICE, priority=1, status="ACTIVE",
        total=6_000, remaining=5_000, starts_at=NOW - timedelta(days=3), as_of=NOW, source=FigureSource.CHARGING,
    )  # fmt: skip
    async with database.write() as session:
        session.add(bucket)
    call = usage(
        card, service=UsageType.VOICE, direction=UsageDirection.INCOMING, other_party="+989121112233", quantity=75, duration_seconds=75,
        charge=0, bucket_id=bucket.id,
    )  # fmt: skip
    await service.record(database, [call, *hourly(card, 20)[1:], *hourly(two_tenants.one.sims[1], 5)])

    answer = await ask(database, two_tenants.one.as_profile_manager(), RECENT, {"id": encode(Kind.SIM, card.id)})

    assert answer.errors == []
    assert answer.data["sim"]["lastUsageAt"] == "2026-11-21T08:30:00Z"
    records = answer.data["sim"]["recentUsage"]
    assert len(records) == 15
    assert [record["startedAt"] for record in records] == sorted((record["startedAt"] for record in records), reverse=True)
    assert records[0] | {"bucket": records[0]["bucket"]["id"]} == {
        "id": encode(Kind.USAGE_RECORD, call.id), "service": "VOICE", "direction": "INCOMING", "otherParty": "+989121112233",
        "destination": "IR", "isRoaming": False, "startedAt": "2026-11-21T08:30:00Z", "durationSeconds": 75,
        "quantity": {"amount": "75", "unit": "SECOND"}, "charge": {"amount": "0"}, "isIncluded": True,
        "bucket": encode(Kind.BUCKET, bucket.id), "sim": {"msisdn": card.msisdn}, "asOf": "2026-11-21T08:30:00Z", "source": "CHARGING",
    }  # fmt: skip
    assert records[1]["quantity"] == {"amount": "5000000000", "unit": "BYTE"}
    assert records[1]["bucket"] is None


async def test_itemised_usage_pages_to_the_end(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    card, actor = two_tenants.one.sims[0], two_tenants.one.as_profile_manager()
    await service.record(database, [*hourly(card, 10), *hourly(card, 10)])
    filter = {"services": ["DATA"], "during": {"startsAt": (NOW - timedelta(hours=8)).isoformat(), "endsAt": NOW.isoformat()}}
    seen, after = [], None
    while True:
        answer = await ask(database, actor, ITEMISED, {"sim": encode(Kind.SIM, card.id), "filter": filter, "after": after})
        assert answer.errors == []
        page = answer.data["sim"]["usage"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert len(seen) == len(set(seen)) == 16


async def test_usage_of_an_account_stays_with_the_account(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    field, office = one.sims[4], one.sims[8]
    moved = usage(field, path=one.accounts["office"].path)
    await service.record(database, [usage(field), moved, usage(office), *hourly(two_tenants.other.sims[0], 3)])

    async def counted(actor: Any, account: str) -> Any:
        answer = await ask(database, actor, OF_ACCOUNT, {"account": one.account(account)})
        assert answer.errors == []
        return [edge["node"]["id"] for edge in answer.data["account"]["usage"]["edges"]]

    assert len(await counted(one.as_profile_manager(), "root")) == 3
    assert len(await counted(one.as_profile_manager(), "office")) == 2
    assert len(await counted(one.as_account_manager(), "sales")) == 1
    refused = await ask(database, one.as_account_manager(), OF_ACCOUNT, {"account": one.account("office")})
    assert refused.codes == ["NOT_FOUND"]
    assert await counted(one.as_profile_manager(), "sales") == await counted(one.as_account_manager(), "sales")


async def test_records_are_found_again_within_scope_only(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    record = usage(two_tenants.one.sims[8])
    await service.record(database, [record])
    wanted = {"id": encode(Kind.USAGE_RECORD, record.id)}

    for actor, found in (
        (two_tenants.one.as_profile_manager(), {"__typename": "UsageRecord", **wanted}),
        (two_tenants.one.as_account_manager(), None),
        (two_tenants.other.as_profile_manager(), None),
    ):
        assert (await ask(database, actor, ANY, wanted)).data["node"] == found


async def test_support_sees_numbers_masked_and_cannot_search_them(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    await service.record(database, [usage(one.sims[0], other_party="+989121112233")])

    seen = await ask(database, one.as_support(), OF_ACCOUNT, {"account": one.account("root")})
    refused = await ask(database, one.as_support(), OF_ACCOUNT, {"account": one.account("root"), "filter": {"otherParty": "0912"}})

    assert [edge["node"]["otherParty"] for edge in seen.data["account"]["usage"]["edges"]] == ["+98•••33"]
    assert refused.codes == ["FORBIDDEN"]
    assert refused.data["account"]["usage"] is None


async def test_an_outage_costs_the_field_and_not_the_page(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    card = two_tenants.one.sims[0]
    await documents.client.close()

    answer = await ask(database, two_tenants.one.as_profile_manager(), RECENT, {"id": encode(Kind.SIM, card.id)})

    assert answer.data["sim"] == {"msisdn": card.msisdn, "lastUsageAt": None, "recentUsage": None}
    assert answer.codes == ["UNAVAILABLE"]


async def test_usage_is_for_a_few_cards_at_a_time(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    one, actor = two_tenants.one, two_tenants.one.as_profile_manager()
    await service.record(database, [record for sim in one.sims for record in hourly(sim, 2)])

    few = await ask(database, actor, OF_FLEET, {"account": one.account("root"), "first": 10})
    many = await ask(database, actor, OF_FLEET, {"account": one.account("root"), "first": 11})

    assert few.errors == []
    assert [len(edge["node"]["recentUsage"]) for edge in few.data["account"]["sims"]["edges"]] == [2] * 10
    assert set(many.codes) == {"INVALID_INPUT"}
    assert [edge["node"]["recentUsage"] for edge in many.data["account"]["sims"]["edges"]] == [None] * 11


async def test_a_page_of_usage_costs_no_statement_a_record(database: Database, documents: Any, two_tenants: TwoTenants) -> None:
    one = two_tenants.one
    await service.record(database, [usage(sim, bucket_id=uuid7()) for sim in one.sims for _ in range(4)])

    with counted_statements(database) as statements:
        answer = await ask(database, one.as_profile_manager(), OF_ACCOUNT, {"account": one.account("root")})

    assert answer.errors == []
    assert len(answer.data["account"]["usage"]["edges"]) == 48
    assert len(statements) == 3


@pytest.mark.parametrize("number", ["9" * 41])
async def test_a_text_longer_than_any_number_is_refused(database: Database, documents: Any, two_tenants: TwoTenants, number: str) -> None:
    wanted = {"account": two_tenants.one.account("root"), "filter": {"otherParty": number}}

    answer = await ask(database, two_tenants.one.as_profile_manager(), OF_ACCOUNT, wanted)

    assert answer.codes == ["INVALID_INPUT"]
