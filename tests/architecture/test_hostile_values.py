"""Nasty values in every place of the schema that takes one: a refusal in words each time, never a bug and never a 5xx (QUALITY)."""

import base64
import copy
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_leaf_type,
)

from api.budget import Budget
from api.world import World
from auth.actor import Actor
from auth.tables import SignInSession
from domain.kernel.ids import Kind, encode
from schema.root import schema
from tests.architecture.cases import CASES
from tests.architecture.full_world import Full, make_full
from tests.architecture.test_access import asked, sample
from tests.offerings import sell
from tests.world import NOW, TwoTenants

NIL, FULL = UUID(int=0), UUID(int=(1 << 128) - 1)
TEXTS = [
    "", " ", "\t\n", "\0", "a\0b", "%", "_%\\", "\\", "'; DROP TABLE sims; --", "\u202e\u200f\u200b", "\u200bآ\u200cب\u0640", "\ufeff", "\uffff",
    "😀" * 400, "é" * 3000, "x" * 60_000, "%" * 60_000, "1" * 5000, "{0} %s {x}", "۱۲۳٤٥", "null", "[1]", '{"a": 1}', "ﷺ" * 2000, "\u0301" * 500,
]  # fmt: skip
IDS = [
    "", "\0", "x", "%", "=" * 24, "A" * 60_000, "ی" * 24, encode(Kind.SIM, NIL)[:-1], *(encode(kind, NIL) for kind in Kind), encode(Kind.SIM, FULL),
]  # fmt: skip
INSTANTS = [
    "", "\0", "now", "2026-11-21", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1582-10-10T00:00:00Z",
    "1900-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "2199-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00", "2026-11-21T08:30:00+23:59:59.999999", "2026-W47-6T00:00:00Z", 0, 10**20,
]  # fmt: skip
NUMBERS = [
    "", "\0", "0", "-0", "0.1", "-1", "1e3", "1e18", "1e19", "-1e19", "1e400", "1e999999", "1e999999999", "-1e999999999", "1e-999999999", "NaN",
    "sNaN", "Infinity", "-Infinity", "9" * 5000, "0." + "0" * 5000 + "1", "1_000", "۱۲", str(2**63 - 1), str(2**63), str(-(2**63)), 2**63, 1.5, True,
]  # fmt: skip
WHOLE = [0, -1, 1, 101, 2**31 - 1, -(2**31), 2**31, 2**63, 1.5, True, "1"]
KEYS = ["", "\0", "x", str(NIL), str(FULL), "{" + str(NIL) + "}", "urn:uuid:" + str(NIL), "A" * 60_000]
NASTY: dict[str, list[Any]] = {"ID": IDS, "DateTime": INSTANTS, "Decimal": NUMBERS, "Int": WHOLE, "UUID": KEYS, "Boolean": ["x", 2]}
KEY_PARTS: list[Any] = [
    None, True, 0, -1, 10**30, 2**63, 1.5, "", "\0", "x", "ی" * 3000, [], {}, {"t": 5}, {"t": "x"}, {"t": "2026-11-21"}, {"t": "2026-11-21T00:00:00"},
    {"t": "0001-01-01T00:00:00+00:00"}, {"t": "0001-01-01T00:00:00+14:00"}, {"t": "9999-12-31T23:59:59-14:00"}, {"u": "0" * 32}, {"u": "x"}, {"u": 5},
]  # fmt: skip


def nasty_values(kind: GraphQLNamedType) -> list[Any]:
    """What to send where a leaf of this type is wanted."""
    if isinstance(kind, GraphQLEnumType):
        return [*kind.values, "\0", "x" * 1000]
    assert isinstance(kind, GraphQLScalarType)
    return NASTY.get(kind.name, TEXTS)


def variants(kind: Any, base: Any, full: Full, name: str = "", depth: int = 0) -> Iterator[Any]:
    """Every value of an input type that differs from `base` in one place, where it is nasty."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(kind, GraphQLList):
        yield from ([], [None], "x", {})
        inner = base[0] if base else sample(kind.of_type, name, full)
        yield [copy.deepcopy(inner) for _ in range(300)]
        yield from ([value] for value in variants(kind.of_type, inner, full, name, depth))
    elif isinstance(kind, GraphQLInputObjectType):
        if depth == 4:
            return
        for key, spec in kind.fields.items():
            if key in {"mode", "planToken", "idempotencyKey"} and depth == 0 and key != "planToken":
                continue
            one_of = kind.extensions["strawberry-definition"].is_one_of
            inner = base.get(key) if isinstance(base, dict) and base.get(key) is not None else sample(spec.type, key, full)
            for value in variants(spec.type, inner, full, key, depth + 1):
                yield {key: value} if one_of else {**base, key: value}
    else:
        yield from nasty_values(kind)


def known(tenants: TwoTenants) -> Full:
    """Ids for optional inputs, of what there is without having done anything."""
    ids = {"".join(part.title() for part in kind.name.split("_")): encode(kind, NIL) for kind in Kind}
    ids |= {"Organization": tenants.one.gid, "Account": tenants.one.account("root"), "ProductOffering": ids["Offering"]}
    return Full(ids, {}, "SO-1405-000001")


async def signed_in(world: World, actor: Actor | None) -> Actor:
    """The actor, with the session that it says it has."""
    assert actor is not None
    async with world.database.write() as session:
        session.add(
            SignInSession(
                id=actor.session(), person_id=actor.person_id, address="127.0.0.1", created_at=NOW, last_used_at=NOW, proven_at=NOW,
                expires_at=NOW + timedelta(days=1),
            )
        )  # fmt: skip
    return actor


class Attacker:
    """Sends documents over HTTP as any actor, and keeps what should never have been answered."""

    def __init__(self, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        self.actor: Actor | None = None
        self.http, self.found, self.sent = http, dict[str, Any](), 0
        self.bugs: list[str] = []

        async def identify(*_: object, **__: object) -> Actor | None:
            return self.actor

        async def spend_nothing(*_: object, **__: object) -> int:
            return 1

        monkeypatch.setattr("api.graphql.identify", identify)
        monkeypatch.setattr("api.graphql.LOG", self)
        monkeypatch.setattr(Budget, "take", spend_nothing)
        monkeypatch.setattr(Budget, "settle", spend_nothing)

    def error(self, _event: str, *, exc_info: BaseException, **_: object) -> None:
        """Takes the log's place."""
        self.bugs.append(repr(exc_info)[:200])

    def report(self) -> str:
        """The first finds, a line each."""
        return "\n".join(f"{what} <- {place}" for place, what in list(self.found.items())[:20])

    async def ask(self, place: str, document: str, variables: Any) -> Any:
        """One attempt; a bug or a 5xx is remembered under the place and the value's beginning."""
        body = json.dumps({"query": document, "variables": variables})
        answer = await self.http.post("/graphql", content=body, headers={"content-type": "application/json"})
        self.sent += 1
        told = answer.json()
        codes = [error["extensions"]["code"] for error in told.get("errors", ())]
        if answer.status_code >= 500 or {"INTERNAL", "BUSY", "UNAVAILABLE"} & set(codes):
            self.found.setdefault(f"{place} {json.dumps(variables, ensure_ascii=True)[:300]}", self.bugs[-1:] or codes or answer.status_code)
        return told


@pytest.fixture
def attacker(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Attacker:
    """Who means no good."""
    return Attacker(http, monkeypatch)


def mutations() -> dict[str, GraphQLInputObjectType]:
    """The mutations that take an input."""
    root = schema._schema.mutation_type
    assert root is not None
    return {name: kind for name, field in root.fields.items() if isinstance(kind := get_named_type(field.args["input"].type), GraphQLInputObjectType)}


ENGINES = ("sqlite", "postgresql")
ON_BOTH = "SIMURGH_EVERY_ENGINE" in os.environ
IN_TURNS = [(name, engine) for place, name in enumerate(mutations()) for turn, engine in enumerate(ENGINES) if ON_BOTH or place % 2 == turn]
"""Each mutation with the engine whose turn it is; with SIMURGH_EVERY_ENGINE with both, which takes four minutes more."""


@pytest.mark.parametrize(("name", "database_url"), IN_TURNS, indirect=["database_url"])
async def test_mutations(name: str, world: World, two_tenants: TwoTenants, attacker: Attacker) -> None:
    kind = mutations()[name]
    if not name.startswith("order") and name in CASES:
        await sell(world.database)
    if name in CASES:
        case, full = await CASES[name](world, two_tenants), known(two_tenants)
        actors, base = [case.actor], case.input
    else:
        full = await make_full(world, two_tenants)
        actors, base = [full.actors["profile manager"], None], sample(kind, "input", full)
        if name == "supportSessionOpen":
            actors = [await signed_in(world, full.actors["support"])]
    document = f"mutation($input: {kind.name}!) {{ {name}(input: $input) {{ __typename ... on UserError {{ code message field }} }} }}"

    for actor in actors:
        attacker.actor = actor
        for mode in ("PLAN", "APPLY") if "mode" in kind.fields else (None,):
            for value in variants(kind, base, full):
                sent = {**value, "mode": mode} if mode else value
                sent |= {"idempotencyKey": str(uuid4())} if "idempotencyKey" in kind.fields else {}
                await attacker.ask(f"{name} {mode}", document, {"input": sent})

    assert attacker.sent > 5
    assert not attacker.found, attacker.report()


def fields_with_arguments() -> list[str]:
    """Every field outside the mutations that takes an argument."""
    return [
        f"{kind.name}.{name}"
        for kind in schema._schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__") and kind.name != "Mutation"
        for name, field in kind.fields.items()
        if field.args
    ]


async def test_arguments_and_cursors_of_queries(world: World, two_tenants: TwoTenants, attacker: Attacker) -> None:
    full = await make_full(world, two_tenants)
    for coordinate in fields_with_arguments():
        parent, name = coordinate.split(".")
        if parent not in {"Query", "Viewer", *full.ids}:
            continue
        field = schema._schema.type_map[parent].fields[name]  # type: ignore[attr-defined]
        attacker.actor = full.actors["operator administrator" if parent in {"Query", "Viewer"} else "profile manager"]
        _, variables = asked(coordinate, full)
        document = whole(coordinate, full)
        for argument, spec in field.args.items():
            if argument in {"after", "before"}:
                continue
            base = variables.get(argument) or sample(spec.type, argument, full)
            for value in variants(spec.type, base, full, argument):
                await attacker.ask(coordinate, document, {**variables, argument: value})
        if "after" in field.args:
            await tamper_with_cursors(attacker, coordinate, document, variables)

    assert attacker.sent > 1000
    assert not attacker.found, attacker.report()


def whole(coordinate: str, full: Full) -> str:
    """A document that selects a field with all its arguments as variables."""
    parent, name = coordinate.split(".")
    field = schema._schema.type_map[parent].fields[name]  # type: ignore[attr-defined]
    heads = ", ".join(f"${key}: {spec.type}" for key, spec in field.args.items())
    arguments = ", ".join(f"{key}: ${key}" for key in field.args)
    below = "" if is_leaf_type(get_named_type(field.type)) else " { __typename pageInfo { endCursor } }" if "after" in field.args else " { __typename }"
    selected = f"{name}({arguments}){below}"
    if parent == "Query":
        return f"query({heads}) {{ {selected} }}"
    if parent == "Viewer":
        return f"query({heads}) {{ viewer {{ {selected} }} }}"
    return f'query({heads}) {{ node(id: "{full.node(parent)}") {{ ... on {parent} {{ {selected} }} }} }}'


def cursor_in(value: Any) -> str | None:
    """The end cursor somewhere in an answer."""
    if isinstance(value, dict):
        return value.get("endCursor") or next((found for part in value.values() if (found := cursor_in(part))), None)
    return None


async def tamper_with_cursors(attacker: Attacker, coordinate: str, document: str, variables: dict[str, Any]) -> None:
    """Changes each part of a real cursor into each nasty value."""
    cursor = cursor_in(await attacker.ask(coordinate, document, {**variables, "first": 1}))
    if cursor is None:
        return
    order, *key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged: list[Any] = [[order], [order, *key, 1], [], {}, None, 5, [order, *reversed(key)]]
    forged += [[order, *key[:place], part, *key[place + 1 :]] for place in range(len(key)) for part in KEY_PARTS]
    texts = [json.dumps(value) for value in forged]
    for number, text in enumerate([*texts, "[" * 5_000, '["' + order + '",' + "[" * 5_000]):
        window = {"first": 1, "after": made(text)} if number % 2 else {"last": 1, "before": made(text), "first": None}
        await attacker.ask(f"{coordinate} {text[:120]}", document, {**variables, **window})
    for text in TEXTS[:8]:
        await attacker.ask(coordinate, document, {**variables, "first": 1, "after": text})


def made(text: str) -> str:
    """A cursor that says this."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "query($s: String) { organizations(first: 1, search: $s) { __typename } }", "variables": {"s": "\\ud800"}}',
        b'{"query": "{ organizations(first: 1, search: \\"\\\\ud800\\") { __typename } }"}',
        b'{"query": "{ organizations(first: 1, search: \\"a\\\\u0000b\\") { __typename } }"}',
        b'{"query": "{ organizations(first: 1, search: \\"\\"\\"a\\u0000b\\"\\"\\") { __typename } }"}',
        b'{"query": "{ organizations(first: 1, search: \\"\\\\u{110000}\\") { __typename } }"}',
        b'{"query": "{ a: organizations(first: 99999999999999999999) { __typename } }"}',
        b'{"query": "{ a: organizations(first: 1e999) { __typename } }"}',
        b'{"query": "query($n: Int) { organizations(first: $n) { __typename } }", "variables": {"n": 1e999}}',
        b'{"query": "{ __typename }", "variables": {"s": ' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"query": "query($s: [ID!]!) { nodes(ids: $s) { __typename } }", "variables": {"s": ' + b"[" * 900 + b"]" * 900 + b"}}",
    ],
)
async def test_texts_that_are_no_text(body: bytes, world: World, two_tenants: TwoTenants, attacker: Attacker) -> None:
    attacker.actor = two_tenants.one.as_profile_manager()

    answer = await attacker.http.post("/graphql", content=body, headers={"content-type": "application/json", "accept": "application/json"})

    assert answer.status_code in {200, 400}
    assert "INTERNAL" not in answer.text
