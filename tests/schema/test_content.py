"""Help, links and outages, as everybody reads them and the operator publishes them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from api.world import World
from auth.actor import Actor
from domain.content.tables import Incident, IncidentChange
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.locale import Locale
from schema.kernel.scalars import written
from tests.world import NOW, TwoTenants, ask, counted_statements, operator_admin

SAVE = """mutation($input: IncidentSaveInput!) { incidentSave(input: $input) {
  ... on IncidentSavePayload { plan { token changes { label field before after subject { id } } } incident { id title text services period { startsAt endsAt } } }
  ... on UserError { code message field } } }"""
SHOWN = "{ incidents { id title text services period { startsAt endsAt } } }"
HELP = """query($locale: Locale!, $search: String, $after: String) { helpArticles(locale: $locale, search: $search, first: 5, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } edges { node { id title body category } } } links(locale: $locale) { label url icon } }"""
ADMIN = operator_admin()
CUT = {"title": "No data in Qom", "text": "A cable was cut.", "services": ["SMS", "DATA", "DATA"], "period": {}}


async def save(world: World, actor: Actor | None = None, *, at: Any = NOW, locale: Locale = Locale.EN, **input: Any) -> dict[str, Any]:
    answer = await ask(world.database, actor or ADMIN, SAVE, {"input": {**CUT, **input}}, at=at, locale=locale, parts=world)
    assert answer.errors == []
    result: dict[str, Any] = answer.data["incidentSave"]
    return result


async def shown(world: World, *, at: Any = NOW, locale: Locale = Locale.EN) -> list[dict[str, Any]]:
    """What a stranger sees."""
    answer = await ask(world.database, None, SHOWN, at=at, locale=locale, parts=world)
    assert answer.errors == []
    found: list[dict[str, Any]] = answer.data["incidents"]
    return found


async def test_strangers_see_an_outage_while_it_goes_on(world: World) -> None:
    ends = NOW + timedelta(hours=2)
    made = (await save(world, period={"startsAt": written(NOW), "endsAt": written(ends)}))["incident"]

    assert made["services"] == ["DATA", "SMS"]
    assert await shown(world, at=NOW - timedelta(seconds=1)) == []
    assert await shown(world) == [made]
    assert await shown(world, at=ends - timedelta(seconds=1)) == [made]
    assert await shown(world, at=ends) == []
    found = await ask(world.database, None, "query($id: ID!) { node(id: $id) { ... on Incident { title } } }", {"id": made["id"]}, at=ends, parts=world)
    assert found.data["node"] == {"title": "No data in Qom"}


async def test_it_is_read_in_ones_own_language_or_as_it_was_written_first(world: World) -> None:
    made = (await save(world))["incident"]
    await save(world, incidentId=made["id"], title="قطعی دیتا در قم", text="کابل بریده شده است.", locale=Locale.FA, at=NOW + timedelta(minutes=1))

    titles = {locale: (await shown(world, locale=locale))[0]["title"] for locale in Locale}

    assert titles == {Locale.FA: "قطعی دیتا در قم", Locale.EN: "No data in Qom", Locale.RU: "No data in Qom", Locale.BG: "No data in Qom"}


async def test_a_plan_shows_the_changes_and_each_save_leaves_a_record(world: World) -> None:
    made = (await save(world))["incident"]
    ends = written(NOW + timedelta(hours=1))
    again = {"incidentId": made["id"], "title": "No data in Qom and Kashan", "period": {"endsAt": ends}}
    planned = await save(world, mode="PLAN", **again)

    assert planned["incident"] == made
    assert planned["plan"]["changes"] == [
        {"label": again["title"], "field": "title", "before": "No data in Qom", "after": again["title"], "subject": {"id": made["id"]}},
        {"label": again["title"], "field": "period.endsAt", "before": None, "after": ends, "subject": {"id": made["id"]}},
    ]
    done = await save(world, planToken=planned["plan"]["token"], at=NOW + timedelta(minutes=3), **again)
    assert (done["incident"]["period"], done["incident"]["title"]) == ({"startsAt": made["period"]["startsAt"], "endsAt": ends}, again["title"])
    assert (await save(world, **again))["plan"]["changes"] == []
    async with world.database.read() as session:
        records = (await session.scalars(select(IncidentChange).order_by(IncidentChange.at))).all()
    assert [[change["field"] for change in record.changes] for record in records] == [
        ["title", "text", "services", "period.startsAt"], ["title", "period.endsAt"],
    ]  # fmt: skip
    assert all(record.by["label"] == "Operator" for record in records)


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"title": " "}, ["title"]), ({"title": "x" * 121}, ["title"]), ({"text": ""}, ["text"]), ({"services": []}, ["services"]),
        ({"period": {"startsAt": written(NOW), "endsAt": written(NOW)}}, ["period", "endsAt"]),
        ({"period": {"endsAt": written(NOW - timedelta(days=1))}}, ["period", "endsAt"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_a_notice_cannot_say_is_refused(world: World, input: dict[str, Any], field: list[str]) -> None:
    refused = await save(world, **input)

    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", field)
    async with world.database.read() as session:
        assert (await session.scalars(select(Incident))).all() == []


async def test_only_the_operators_administrator_publishes(world: World, two_tenants: TwoTenants) -> None:
    for actor in (two_tenants.one.as_profile_manager(), two_tenants.one.as_support(), None):
        answer = await ask(world.database, actor, SAVE, {"input": CUT}, parts=world)
        assert answer.codes in (["FORBIDDEN"], ["UNAUTHENTICATED"])
    assert (await save(world, incidentId=encode(Kind.INCIDENT, uuid7())))["code"] == "NOT_FOUND"
    assert await shown(world) == []


async def test_at_most_twenty_the_newest_first_in_one_statement(world: World) -> None:
    for number in range(22):
        await save(world, title=f"Outage {number}", period={"startsAt": written(NOW - timedelta(hours=number))})

    with counted_statements(world.database) as statements:
        titles = [one["title"] for one in await shown(world)]

    assert titles == [f"Outage {number}" for number in range(20)] and len(statements) == 1


async def test_strangers_read_help_and_links_in_any_language(world: World) -> None:
    read: list[str] = []
    after = None
    with counted_statements(world.database) as statements:
        while True:
            data = (await ask(world.database, None, HELP, {"locale": "RU", "after": after}, parts=world)).data
            read += [edge["node"]["title"] for edge in data["helpArticles"]["edges"]]
            after = data["helpArticles"]["pageInfo"]["endCursor"]
            if not data["helpArticles"]["pageInfo"]["hasNextPage"]:
                break

    assert statements == [] and len(read) == len(set(read)) == data["helpArticles"]["totalCount"] and data["links"][0]["icon"] == "phone"
    found = (await ask(world.database, None, HELP, {"locale": "EN", "search": "ten wrong puk"}, parts=world)).data["helpArticles"]
    (article,) = [edge["node"] for edge in found["edges"]]
    again = await ask(world.database, None, "query($id: ID!) { node(id: $id) { ... on HelpArticle { title } } }", {"id": article["id"]}, parts=world)
    assert again.data["node"] == {"title": "Where do I get the PUK code?"}
