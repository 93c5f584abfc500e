"""The engine answers random documents on random schemas exactly as graphql-core does, and the comparison would find it out if it didn't."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from graphql import get_nullable_type
from graphql.execution.executor import CollectedErrors

from schema.engine import compiler, executor, facts, operations, plans
from schema.engine.facts import Case, is_sound
from schema.engine.natives import Native
from tests.schema.engine import comparing
from tests.schema.engine.comparing import Count, Mismatch, fuzz
from tests.schema.engine.random_schemas import NATIVES
from tests.schema.engine.sweeping import sweep

SEEDS = range(30)
pytestmark = [  # graphql-core leaves coroutines behind where errors overtake; in a named tuple's making even the warning of them fails
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine:pytest.PytestUnraisableExceptionWarning"),
]


async def short(count: Count) -> None:
    """A few seconds of it."""
    await fuzz(SEEDS, documents=5, runs=6, count=count)
    await sweep(Count())


@pytest.fixture(autouse=True)
def compiled_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every subtree is compiled when it is first met, and for good."""
    monkeypatch.setattr(plans, "PAYS_AFTER", 1)
    monkeypatch.setattr(plans, "MOST_DEOPTS", 10**9)
    yield
    gc.collect()  # while it is still ignored what was never awaited


async def test_the_engine_answers_as_graphql_core_does() -> None:
    count = Count()

    await short(count)

    assert count.invalid == 0
    assert count.executions > 1000
    assert count.compiled > count.executions / 2
    assert count.fallen > 200
    assert count.deopts > 100
    assert count.faulty > 100
    assert count.unsettled < count.executions / 500


Patch = pytest.MonkeyPatch


def _text(monkeypatch: Patch, old: str, new: str) -> None:
    """Changes the code that is generated."""
    code = compiler.Shapes.code
    monkeypatch.setattr(compiler.Shapes, "code", lambda self, text: code(self, text.replace(old, new)))


def null_passes_where_a_value_is_required(monkeypatch: Patch) -> None:
    value = compiler.Compiler._value
    monkeypatch.setattr(compiler.Compiler, "_value", lambda self, type_, *rest: value(self, get_nullable_type(type_), *rest))


def two_keys_are_swapped(monkeypatch: Patch) -> None:
    made = compiler.Compiler._made

    def swapped(self: Any, outputs: dict[str, str], *rest: Any) -> str:
        return made(self, dict(zip(reversed(outputs), outputs.values(), strict=True)), *rest)

    monkeypatch.setattr(compiler.Compiler, "_made", swapped)


def keys_come_in_another_order(monkeypatch: Patch) -> None:
    made = compiler.Compiler._made
    monkeypatch.setattr(compiler.Compiler, "_made", lambda self, outputs, *rest: made(self, dict(sorted(outputs.items())), *rest))


def aliases_are_forgotten(monkeypatch: Patch) -> None:
    def plain_names(collect: Any) -> Any:
        def collected(type_: Any, details: Any) -> Any:
            found = collect(type_, details)
            return found._replace(grouped_field_set={each[0].node.name.value: each for each in found.grouped_field_set.values()})

        return collected

    _collecting(monkeypatch, plain_names)


def only_the_first_of_merged_fields_is_looked_into(monkeypatch: Patch) -> None:
    _collecting(monkeypatch, lambda collect: lambda type_, details: collect(type_, details[:1]))


def _collecting(monkeypatch: Patch, change: Callable[[Any], Any]) -> None:
    init = compiler.Compiler.__init__

    def changed(self: Any, facts: Any, shapes: Any, collect: Any, *rest: Any, **options: Any) -> None:
        init(self, facts, shapes, change(collect), *rest, **options)

    monkeypatch.setattr(compiler.Compiler, "__init__", changed)


def rows_are_not_asked_for_their_type(monkeypatch: Patch) -> None:
    monkeypatch.setattr(facts.Rows, "admit", lambda self, row, info: is_sound(row))


def one_row_speaks_for_all_of_its_class(monkeypatch: Patch) -> None:
    monkeypatch.setattr(facts, "is_bare", lambda cls: True)
    monkeypatch.setattr(facts, "tells_by_class", lambda type_, cls: True)


def awaitables_pass_for_rows(monkeypatch: Patch) -> None:
    monkeypatch.setattr(facts, "optimized_is_awaitable", lambda value: False)


def exceptions_pass_for_leaves(monkeypatch: Patch) -> None:
    monkeypatch.setattr(facts, "_slowly", lambda type_: type_.coerce_output_value)


def integers_have_more_than_32_bits(monkeypatch: Patch) -> None:
    monkeypatch.setitem(facts.BUILT_IN, "Int", Case("type({0}) is int"))


def truth_passes_for_a_number(monkeypatch: Patch) -> None:
    monkeypatch.setitem(facts.BUILT_IN, "Int", Case("isinstance({0}, int) and abs(x) < 2 ** 31"))


def floats_are_infinite(monkeypatch: Patch) -> None:
    monkeypatch.setitem(facts.BUILT_IN, "Float", Case("type({0}) is float"))


def any_truth_is_a_boolean(monkeypatch: Patch) -> None:
    monkeypatch.setitem(facts.BUILT_IN, "Boolean", Case("({0}) in (True, False)"))


def members_are_written_by_value(monkeypatch: Patch) -> None:
    cases = facts._enum_cases

    def by_value(type_: Any) -> Any:
        found, names = cases(type_)
        return [Case(found[0].test, "x._value_"), *found[1:]], names

    monkeypatch.setattr(facts, "_enum_cases", by_value)


def instants_of_any_zone_are_native(monkeypatch: Patch) -> None:
    monkeypatch.setitem(comparing.NATIVES, "DateTime", [Native(NATIVES["DateTime"][0].of)])


def natives_are_written_into_dicts(monkeypatch: Patch) -> None:
    leaf = facts.Facts.leaf
    monkeypatch.setattr(facts.Facts, "leaf", lambda self, type_, *, is_native: leaf(self, type_, is_native=True))


def anything_iterable_is_a_list(monkeypatch: Patch) -> None:
    monkeypatch.setattr(compiler, "refuse", lambda value: None)


def lists_are_turned_round(monkeypatch: Patch) -> None:
    listed = compiler.Compiler._list

    def reverse(self: Any, *rest: Any) -> str:
        return f"{listed(self, *rest)}[::-1]"

    monkeypatch.setattr(compiler.Compiler, "_list", reverse)


def what_is_loaded_goes_to_the_wrong_rows(monkeypatch: Patch) -> None:
    _text(monkeypatch, "zip(T, await", "zip(T[::-1], await")


def rows_without_a_key_get_null_where_a_value_is_required(monkeypatch: Patch) -> None:
    _text(monkeypatch, "else: refuse(None)", "else: pass")


def resolvers_with_extensions_are_gone_round(monkeypatch: Patch) -> None:
    way_of = facts.way_of

    def unguarded(field: Any) -> Any:
        declared = field.extensions.get(facts.DEFINITION)
        extensions, declared.extensions = declared.extensions, []
        found = way_of(field)
        declared.extensions = extensions
        return found

    monkeypatch.setattr(facts, "way_of", unguarded)


def pieces_are_not_looked_up(monkeypatch: Patch) -> None:
    source = compiler.Compiler._source

    def bare(self: Any, of: Any, value: str, pieces: Any = None) -> str:
        return source(self, of, value, pieces and {name: replace(piece, table=None) for name, piece in pieces.items()})

    monkeypatch.setattr(compiler.Compiler, "_source", bare)


def what_is_made_of_a_row_is_not_asked_for_its_type(monkeypatch: Patch) -> None:
    made_of = compiler.Compiler._made_of

    def unasked(self: Any, *rest: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(facts.Rows, "are_asked", False)
            return made_of(self, *rest)

    monkeypatch.setattr(compiler.Compiler, "_made_of", unasked)


def guards_learn_nothing(monkeypatch: Patch) -> None:
    monkeypatch.setattr(compiler.Compiler, "_tell", lambda self, told, row, source: source)


def guards_are_asked_for_one_viewer_only(monkeypatch: Patch) -> None:
    selection = operations.Operation.selection
    monkeypatch.setattr(operations.Operation, "selection", lambda self, values, view, *, is_native: selection(self, values, 0, is_native=is_native))


def dicts_and_structs_share_plans(monkeypatch: Patch) -> None:
    selection = operations.Operation.selection
    monkeypatch.setattr(operations.Operation, "selection", lambda self, values, view, *, is_native: selection(self, values, view, is_native=True))


def conditions_are_asked_once(monkeypatch: Patch) -> None:
    monkeypatch.setattr(operations, "_conditions", lambda operation, fragments: set())


def conditions_in_fragments_are_overlooked(monkeypatch: Patch) -> None:
    conditions = operations._conditions
    monkeypatch.setattr(operations, "_conditions", lambda operation, fragments: conditions(operation, {}))


def defaults_of_variables_are_forgotten(monkeypatch: Patch) -> None:
    signature = operations.get_variable_signature
    monkeypatch.setattr(operations, "get_variable_signature", lambda schema, part: signature(schema, part)._replace(default=None))


def plans_are_found_by_the_name_of_their_field(monkeypatch: Patch) -> None:
    monkeypatch.setattr(plans, "id", lambda details: details[0].node.name.value, raising=False)


def unlike_subtrees_share_code(monkeypatch: Patch) -> None:
    class Digest:
        def __init__(self, text: bytes) -> None:
            self.digest = lambda: text[:60]

    monkeypatch.setattr(compiler, "sha256", Digest)


def structs_are_found_by_the_number_of_their_keys(monkeypatch: Patch) -> None:
    struct, known = compiler.Shapes.struct, dict[int, Any]()
    monkeypatch.setattr(compiler.Shapes, "struct", lambda self, keys: known.setdefault(len(keys), struct(self, keys)))


def surprises_end_in_null(monkeypatch: Patch) -> None:
    monkeypatch.setattr(executor.SubtreeExecutor, "_again", lambda self, subtree, surprise, asked: None)


def errors_of_a_second_try_are_lost(monkeypatch: Patch) -> None:
    again = executor.SubtreeExecutor._again

    def silent(self: Any, *rest: Any) -> Any:
        kept, self.collected_errors = self.collected_errors, CollectedErrors()
        try:
            return again(self, *rest)
        finally:
            self.collected_errors = kept

    monkeypatch.setattr(executor.SubtreeExecutor, "_again", silent)


BUGS = [
    null_passes_where_a_value_is_required, two_keys_are_swapped, keys_come_in_another_order, aliases_are_forgotten,
    only_the_first_of_merged_fields_is_looked_into, rows_are_not_asked_for_their_type, one_row_speaks_for_all_of_its_class,
    awaitables_pass_for_rows, exceptions_pass_for_leaves, integers_have_more_than_32_bits,
    truth_passes_for_a_number, floats_are_infinite, any_truth_is_a_boolean, members_are_written_by_value, instants_of_any_zone_are_native,
    natives_are_written_into_dicts, anything_iterable_is_a_list, lists_are_turned_round, what_is_loaded_goes_to_the_wrong_rows,
    rows_without_a_key_get_null_where_a_value_is_required, resolvers_with_extensions_are_gone_round, guards_are_asked_for_one_viewer_only,
    guards_learn_nothing, pieces_are_not_looked_up, what_is_made_of_a_row_is_not_asked_for_its_type,
    dicts_and_structs_share_plans, conditions_are_asked_once, conditions_in_fragments_are_overlooked, defaults_of_variables_are_forgotten,
    plans_are_found_by_the_name_of_their_field, unlike_subtrees_share_code, structs_are_found_by_the_number_of_their_keys,
    surprises_end_in_null, errors_of_a_second_try_are_lost,
]  # fmt: skip


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
async def test_a_bug_in_the_engine_is_found(bug: Callable[[Patch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    bug(monkeypatch)

    with pytest.raises(Mismatch):
        await short(Count())
