"""The viewer's feed: one's own in one's own language, read by nobody else, with what it is about."""

from typing import Any
from uuid import uuid4

import pytest_asyncio

from auth.actor import Actor, Grant
from domain.kernel.ids import Kind, Ref, encode, uuid7
from domain.kernel.locale import Locale
from domain.kernel.money import Money
from domain.kernel.permissions import Permission
from domain.kernel.scope import ActorRef, Reach
from domain.notifications import feed
from store.session import Database
from tests.world import NOW, TwoTenants, ask, counted_statements

FEED = """query Feed($after: String, $only: Boolean! = false) { viewer { unreadCount
  notifications(unreadOnly: $only, first: 30, after: $after) { pageInfo { hasNextPage endCursor }
    edges { node { id title text at readAt subject { __typename id } } } } } }"""
MARK = """mutation Read($input: NotificationMarkReadInput!) { notificationMarkRead(input: $input) {
  ... on NotificationMarkReadPayload { viewer { unreadCount notifications(first: 5) { edges { node { id readAt } } } } }
  ... on UserError { code field } } }"""


@pytest_asyncio.fixture
async def tenants(database: Database, two_tenants: TwoTenants) -> TwoTenants:
    """Everybody was told of something of their company, the first one's profile manager of a card and of what isn't theirs."""
    one, other = two_tenants.one, two_tenants.other
    async with database.write() as session:
        for number, about in enumerate([Ref(Kind.SIM, one.sims[0].id), Ref(Kind.SIM, other.sims[0].id), Ref(Kind.PAYMENT, uuid4())]):
            people = [one.profile_manager.id, one.account_manager.id][: 2 - number % 2]
            words = {"number": f"PY-{number}", "label": "100", "amount": Money(1000 + number)}
            await feed.tell(session, one.id, people, "payments.notice.settled", words, about, at=NOW, once=f"{number}")
    return two_tenants


async def feed_of(database: Database, actor: Actor, **variables: Any) -> Any:
    answer = await ask(database, actor, FEED, {key: value for key, value in variables.items() if key != "locale"}, locale=variables.get("locale", Locale.EN))
    assert answer.errors == []
    return answer.data["viewer"]


def nodes(viewer: Any) -> list[Any]:
    return [edge["node"] for edge in viewer["notifications"]["edges"]]


async def test_ones_own_feed_in_ones_own_language(database: Database, tenants: TwoTenants) -> None:
    sara = tenants.one.as_profile_manager()

    english, persian = await feed_of(database, sara), await feed_of(database, sara, locale=Locale.FA)

    assert english["unreadCount"] == 3
    by_number = {node["title"]: node for node in nodes(english)}
    assert set(by_number) == {f"Paid: 1,00{number}\u00a0IRR" for number in range(3)}
    first = by_number["Paid: 1,000\u00a0IRR"]
    assert (first["text"], first["readAt"]) == ("Payment PY-0 for 100 is confirmed and booked.", None)
    assert first["subject"] == {"__typename": "Sim", "id": encode(Kind.SIM, tenants.one.sims[0].id)}
    assert [by_number[f"Paid: 1,00{number}\u00a0IRR"]["subject"] for number in (1, 2)] == [None, None]
    assert {node["title"] for node in nodes(persian)} == {f"پرداخت شد: ۱٬۰۰{digit}\u00a0ریال" for digit in "۰۱۲"}


async def test_reading_marks_ones_own(database: Database, tenants: TwoTenants) -> None:
    sara, reza = tenants.one.as_profile_manager(), tenants.one.as_account_manager()
    own = [node["id"] for node in nodes(await feed_of(database, sara))]
    others = [node["id"] for node in nodes(await feed_of(database, reza))]

    some = (await ask(database, sara, MARK, {"input": {"notificationIds": own[:1]}})).data["notificationMarkRead"]
    strange = (await ask(database, sara, MARK, {"input": {"notificationIds": [own[1], others[0]]}})).data["notificationMarkRead"]
    wrong = (await ask(database, sara, MARK, {"input": {"notificationIds": [tenants.one.gid]}})).data["notificationMarkRead"]
    left = await feed_of(database, sara, only=True)
    every = (await ask(database, sara, MARK, {"input": {}})).data["notificationMarkRead"]

    assert some["viewer"]["unreadCount"] == 2
    assert [edge["node"]["readAt"] is not None for edge in some["viewer"]["notifications"]["edges"]] == [True, False, False]
    assert strange == {"code": "NOT_FOUND", "field": ["notificationIds", "1"]}
    assert wrong == {"code": "NOT_FOUND", "field": ["notificationIds", "0"]}
    assert [node["id"] for node in nodes(left)] == own[1:]
    assert every["viewer"]["unreadCount"] == 0
    assert (await feed_of(database, reza))["unreadCount"] == len(others) == 2


async def test_another_persons_notice_is_not_there(database: Database, tenants: TwoTenants) -> None:
    (id, *_) = (node["id"] for node in nodes(await feed_of(database, tenants.one.as_account_manager())))
    document = "query($id: ID!) { node(id: $id) { ... on Notification { title } } }"

    for actor in (tenants.one.as_profile_manager(), tenants.other.as_profile_manager(), tenants.one.as_support()):
        assert (await ask(database, actor, document, {"id": id})).data == {"node": None}
    assert (await ask(database, tenants.one.as_account_manager(), document, {"id": id})).data["node"]["title"]


async def test_tokens_and_support_views_have_no_feed(database: Database, tenants: TwoTenants) -> None:
    manager = tenants.one.profile_manager.id
    maker = ActorRef(uuid7(), "ERP", person_id=manager, api_token_id=uuid7())
    token = Actor(maker, (Grant(frozenset({Permission.ACCOUNT_READ}), Reach(tenants.one.id)),))

    for actor in (token, tenants.one.as_support()):
        viewer = await feed_of(database, actor)
        assert (viewer["unreadCount"], nodes(viewer)) == (0, [])
        assert (await ask(database, actor, MARK, {"input": {}})).codes == ["FORBIDDEN"]
    assert (await feed_of(database, tenants.one.as_profile_manager()))["unreadCount"] == 3


async def test_a_page_takes_as_many_statements_at_any_length(database: Database, tenants: TwoTenants) -> None:
    one = tenants.one
    counts = []
    for _ in range(2):
        with counted_statements(database) as statements:
            await feed_of(database, one.as_profile_manager())
        counts.append(len(statements))
        async with database.write() as session:
            for number in range(20):
                about = Ref(Kind.SIM, one.sims[number % 2].id)
                words = {"number": f"PY-{number}", "label": "100", "amount": Money(1)}
                await feed.tell(session, one.id, [one.profile_manager.id], "payments.notice.settled", words, about, at=NOW, once=f"more {number}")
    with counted_statements(database) as statements:
        await ask(database, one.as_profile_manager(), "{ viewer { unreadCount } }")

    assert counts[0] == counts[1]
    assert len(statements) == 1
    with counted_statements(database) as statements:
        async with database.write() as session:
            await feed.tell(session, one.id, [one.profile_manager.id, one.account_manager.id], "bill.notice.soon", {}, about, at=NOW, once="x")
    assert len(statements) == 1
