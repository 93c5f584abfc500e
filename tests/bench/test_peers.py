"""Peers serve a part of the product's contract, and the app's document fits it."""

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLScalarType,
    build_schema,
    is_specified_scalar_type,
    parse,
    validate,
)

from bench.environments import PEERS
from bench.ground import ROOT, PageOf
from bench.opaque import ACCOUNT, SIM, cursor, global_id, id_of, place_of
from bench.postgraphile import FLAT, NESTED, PostGraphile
from bench.server import DOCUMENT, Server
from domain.kernel.ids import Kind, encode, uuid7
from domain.kernel.paging import cursor_of
from store.ordering import LAST

PART = build_schema((PEERS / "fleet.graphql").read_text())
WHOLE = build_schema((ROOT / "schema" / "schema.graphql").read_text())


def test_the_part_is_one_of_the_contract() -> None:
    for name, part in PART.type_map.items():
        whole = WHOLE.type_map[name]
        assert type(part) is type(whole), name
        if name.startswith("__") or (isinstance(part, GraphQLScalarType) and is_specified_scalar_type(part)):
            continue
        if isinstance(part, GraphQLEnumType) and isinstance(whole, GraphQLEnumType):
            assert part.values.keys() == whole.values.keys()
        if isinstance(part, GraphQLInputObjectType) and isinstance(whole, GraphQLInputObjectType):
            assert {key: str(field.type) for key, field in part.fields.items()} == {key: str(field.type) for key, field in whole.fields.items()}
        if isinstance(part, GraphQLObjectType) and isinstance(whole, GraphQLObjectType):
            for key, field in part.fields.items():
                assert str(field.type) == str(whole.fields[key].type), f"{name}.{key}"
                assert {argument: str(given.type) for argument, given in field.args.items()}.items() <= {
                    argument: str(given.type) for argument, given in whole.fields[key].args.items()
                }.items()


def test_the_apps_document_fits_the_part() -> None:
    assert validate(PART, parse(DOCUMENT)) == []


def test_ids_and_cursors_by_hand_are_the_products() -> None:
    id = uuid7()

    assert (global_id(SIM, id), global_id(ACCOUNT, id)) == (encode(Kind.SIM, id), encode(Kind.ACCOUNT, id))
    assert id_of(encode(Kind.ACCOUNT, id)) == id
    assert cursor("+989350000001", id) == cursor_of("sims.MSISDN.asc", ["+989350000001", id])
    assert cursor(None, id) == cursor_of("sims.MSISDN.asc", [LAST, id])
    assert place_of(cursor("+989350000001", id)) == ("+989350000001", id)


@pytest.mark.parametrize("shape", [NESTED, FLAT])
def test_postgraphiles_answers_are_read_as_the_products(shape: str) -> None:
    account, sim = uuid7(), uuid7()
    money: dict[str, object] = {
        NESTED: {
            "holder": {"name": "Olga"},
            "figures": {
                "remainingCreditLimit": None, "balance": {"amount": "7"}, "debt": None, "currentCharge": None, "payable": None,
                "asOf": "2026-11-21T08:30:00.000000+00:00", "source": "BILLING",
            },
            "buckets": [{"name": "b", "remaining": {"amount": "1", "unit": "BYTE"}, "total": {"amount": "2"}, "validFor": {"endsAt": None}}],
        },
        FLAT: {
            "holderName": "Olga", "remainingCreditLimit": None, "balance": "7", "debt": None, "currentCharge": None, "payable": None,
            "asOf": "2026-11-21T08:30:00.000000+00:00", "source": "BILLING",
            "buckets": [{"name": "b", "remaining": "1", "unit": "BYTE", "total": "2", "endsAt": None}],
        },
    }[shape]  # fmt: skip
    card = {
        "id": str(sim), "msisdn": "+989350000001", "iccid": "8998", "status": "ACTIVE", "statusReason": None, "plan": None,
        "lastUsageAt": "2026-11-21T08:30:00.250000+00:00",
    }  # fmt: skip
    page = {"pageInfo": {"hasNextPage": False, "endCursor": "theirs"}, "edges": [{"cursor": "theirs", "node": card | money}]}
    server = PostGraphile("postgraphile", lambda port: [], shape=shape)

    read = server.read({"account": {"id": str(account), "name": "Depot", "sims": page}})["account"]

    (edge,) = read["sims"]["edges"]
    assert read["id"] == encode(Kind.ACCOUNT, account) and edge["node"]["id"] == encode(Kind.SIM, sim)
    assert read["sims"]["pageInfo"]["endCursor"] == edge["cursor"] == cursor("+989350000001", sim)
    assert edge["node"]["figures"]["asOf"] == "2026-11-21T08:30:00Z" and edge["node"]["lastUsageAt"] == "2026-11-21T08:30:00.250000Z"
    assert edge["node"]["figures"]["balance"] == {"amount": "7"} and edge["node"]["holder"] == {"name": "Olga"}
    assert edge["node"]["buckets"][0]["remaining"] == {"amount": "1", "unit": "BYTE"}


def test_others_are_asked_with_the_apps_document() -> None:
    page = PageOf(encode(Kind.ACCOUNT, uuid7()), 50, 50, "cursor")

    asked = Server("raw-dict", lambda port: []).ask(page)

    assert asked["query"] == DOCUMENT and asked["variables"]["after"] == "cursor" and asked["variables"]["first"] == 50
