"""What the app and support's runbooks ask is answered by compiled code as graphql-core answers it: data, faults, looks and statements."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    parse,
)

from api.graphql import told
from api.world import World
from auth.actor import Actor
from domain import documents
from domain.audit.looking import Look
from domain.kernel.locale import Locale
from domain.usage import service
from schema.engine import plans
from schema.engine.documents import Documents, Operation
from schema.engine.executor import run
from schema.engine.plans import Selection, Stats, Subtree
from schema.kernel.context import Context
from schema.kernel.scalars import NATIVES
from schema.root import schema
from tests.architecture.full_world import Full, make_full
from tests.usage import hourly
from tests.world import NOW, TwoTenants, counted_statements

ROOT = Path(__file__).parents[2]
VIEWERS = ("profile manager", "account manager", "support in a view", "operator administrator", "token that reads SIM cards")
NEVER = 10**9


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the document store may take its time: an outage would look like a difference."""
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 60)


def queries() -> Iterator[tuple[str, str]]:
    """Names of queries, each with its document."""
    for path in sorted([*(ROOT / "mobile/documents").glob("*.graphql"), *(ROOT / "web/runbooks").glob("*.graphql")]):
        text = path.read_text()
        for part in parse(text).definitions:
            if isinstance(part, OperationDefinitionNode) and part.operation is OperationType.QUERY and part.name:
                yield part.name.value, text


@dataclass
class Run:
    """An answer, what was noted of it, and what it took."""

    data: Any
    errors: list[Any]
    looks: dict[Any, Look]
    is_sensitive: bool
    statements: int


async def answered(world: World, actor: Actor | None, operation: Operation, variables: dict[str, Any]) -> Run:
    context = Context(
        database=world.database, now=NOW, locale=Locale.EN, actor=actor, address="127.0.0.1", user_agent=None, request_id="test", parts=world,
        operation=operation,
    )  # fmt: skip
    with counted_statements(world.database) as statements:
        result = await run(schema, operation, variables, context, view=context.view)
    errors = sorted((told(error, Locale.EN, "test") for error in result.errors or []), key=str)
    return Run(result.data, errors, context.looks.by_organization, context.looks.is_sensitive, len(statements))


def variables_of(full: Full, tenants: TwoTenants, name: str) -> dict[str, Any]:
    one = tenants.one
    common: dict[str, Any] = {
        "account": one.account("root"), "organization": one.gid, "first": 20, "msisdn": one.sims[0].msisdn, "search": "Arya",
        "posted": {"startsAt": "2026-01-01T00:00:00Z", "endsAt": "2027-01-01T00:00:00Z"},
    }  # fmt: skip
    apart = {
        "SimDetail": {"by": {"id": full.node("Sim")}}, "SimApns": {"id": full.node("Sim")}, "OrderProgress": {"id": full.node("Order")},
        "BundleDelivered": {"reference": full.reference}, "Job": {"id": full.node("Job")}, "Ticket": {"id": full.node("Ticket")},
        "Help": {"locale": "FA"}, "Movement": {"id": full.node("LedgerTransfer")}, "Payment": {"id": full.node("Payment")},
        "BillDetail": {"id": full.node("Bill")}, "BillLines": {"id": full.node("Bill"), "filter": None},
        "BillLineUsage": {"line": full.node("BillLine")}, "BillCompare": {"id": full.node("Bill"), "with": full.node("Bill")},
        "GroupNumbers": {"id": full.node("Group")}, "PolicyRuns": {"id": full.node("PaymentPolicy")},
    }  # fmt: skip
    return apart.get(name, common)


def with_arguments_below(document: DocumentNode, operation: OperationDefinitionNode) -> set[FieldNode]:
    """The fields of an operation below which another one takes arguments, so that their values aren't compiled as a whole."""
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    above: set[FieldNode] = set()

    def walk(type_: Any, node: Node) -> bool:
        """Whether some field below a node takes arguments."""
        found = [below(type_, part) for part in node.selection_set.selections]  # type: ignore[attr-defined]
        return any(found)

    def below(type_: Any, part: Any) -> bool:
        if isinstance(part, FragmentSpreadNode):
            part = fragments[part.name.value]
        if isinstance(part, InlineFragmentNode | FragmentDefinitionNode):
            return walk(schema._schema.type_map[part.type_condition.name.value] if part.type_condition else type_, part)
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) or part.name.value not in type_.fields:
            return False
        field = type_.fields[part.name.value]
        if part.selection_set and walk(get_named_type(field.type), part):
            above.add(part)
            return True
        return bool(field.args)

    walk(schema._schema.query_type, operation)
    return above


@dataclass
class Compared:
    """How a query fared: compiled right away against never."""

    plain: Run
    compiled: Run
    stats: Stats
    left: set[FieldNode]
    """Fields whose values were not compiled as a whole."""
    operation: Operation


async def compare(world: World, actor: Actor | None, name: str, text: str, variables: dict[str, Any], patch: pytest.MonkeyPatch) -> Compared:
    left: set[FieldNode] = set()
    compile_ = Selection.compile

    def noting(selection: Selection, executor: Any, subtree: Subtree, details: Any, info: Any) -> None:
        compile_(selection, executor, subtree, details, info)
        if subtree.is_left:
            left.add(details[0].node)

    runs = []
    for pays_after in (NEVER, 1):
        documents = Documents(schema, kept=1, natives=NATIVES)
        operation = documents.prepared(text).operation(name)
        assert operation is not None
        with patch.context() as patched:
            patched.setattr(plans, "PAYS_AFTER", pays_after)
            patched.setattr(Selection, "compile", noting)
            runs.append(await answered(world, actor, operation, variables))
    return Compared(*runs, documents.stats, left, operation)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_compiled_answers_are_graphql_cores(world: World, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch, viewer: str) -> None:
    full = await make_full(world, two_tenants)
    await service.record(world.database, hourly(two_tenants.one.sims[0], 3))
    compiled = 0
    for name, text in queries():
        variables = variables_of(full, two_tenants, name)
        found = await compare(world, full.actors[viewer], name, text, variables, monkeypatch)

        assert (found.compiled.data, found.compiled.errors) == (found.plain.data, found.plain.errors), name
        assert (found.compiled.looks, found.compiled.is_sensitive) == (found.plain.looks, found.plain.is_sensitive), name
        assert found.stats.faults == 0, name
        compiled += found.stats.compiled
    assert compiled > 15


async def test_all_that_takes_no_arguments_is_compiled(world: World, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch) -> None:
    full = await make_full(world, two_tenants)
    await service.record(world.database, hourly(two_tenants.one.sims[0], 3))
    for name, text in queries():
        variables = variables_of(full, two_tenants, name)
        found = await compare(world, full.actors["profile manager"], name, text, variables, monkeypatch)

        assert found.compiled.errors == [], name
        assert found.stats.deopts == 0, name
        assert found.stats.compiled > 0, name
        assert found.left <= with_arguments_below(found.operation.document, found.operation.node), name
        assert found.compiled.statements <= found.plain.statements, name
