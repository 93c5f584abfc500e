"""graphql-core's executor, with compiled code for the subtrees that allow it."""

from collections import OrderedDict
from collections.abc import Awaitable, Coroutine, Hashable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from inspect import CORO_CREATED, getcoroutinestate, iscoroutine
from typing import Any, ClassVar, cast
from weakref import WeakKeyDictionary, proxy

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLResolveInfoHelpers,
    OperationType,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import CollectedErrors, to_nodes
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Core

from schema.engine.calls import Call, Read
from schema.engine.compiler import Plan, Stage, together
from schema.engine.facts import Surprise
from schema.engine.loading import Loaders
from schema.engine.natives import Natives
from schema.engine.operations import Operation
from schema.engine.plans import Engine, Selection, Stats, Subtree

MOST_OPERATIONS = 512
"""Operations whose plans are kept for those who don't keep documents themselves."""


class SubtreeExecutor(Core):
    """Completes values by compiled code where a subtree has some; what surprises it there, graphql-core makes from the start."""

    selection: Selection | None = None
    loaders: Loaders | None = None
    """Those of an operation with a single root field, until that is resolved."""

    @classmethod
    def of(
        cls, operation: Operation, selection: Selection | None, values: VariableValues, context: Any, root: Any
    ) -> "SubtreeExecutor":
        """An executor of one request, made without what is the same for all requests."""
        if operation.state is None:
            operation.state = vars(
                cls(
                    operation.engine.facts.schema, operation.definitions, operation.fragments, None, None, operation.node,
                    VariableValues({}, {}), default_field_resolver, default_type_resolver, default_field_resolver,
                    is_awaitable=optimized_is_awaitable,
                )
            )  # fmt: skip
        executor = cls.__new__(cls)
        state = executor.__dict__
        state.update(operation.state)
        state["selection"] = selection
        state["root_value"] = root
        state["context_value"] = context
        state["variable_values"] = values
        state["collected_errors"] = CollectedErrors()
        state["background_futures"] = set()
        weak: Any = proxy(executor)  # a ring through its own methods would keep the whole request until a collection
        state["async_helpers"] = GraphQLResolveInfoHelpers(partial(cls.gather_async_work, weak), partial(cls.track_async_work, weak))
        state["_relevant_sub_fields"] = {} if selection is None else selection.collected
        return executor

    def execute_field(
        self, parent_type: GraphQLObjectType, source: Any, field_details_list: FieldDetailsList, path: Path, position_context: Any
    ) -> Any:
        """Resolves a field in fewer steps where all of it is known, and completes it as graphql-core does."""
        call = self.selection.call(parent_type, field_details_list) if self.selection is not None else None
        given = call.arguments(self.variable_values.coerced) if isinstance(call, Call) else {}
        if call is None or given is None:
            return super().execute_field(parent_type, source, field_details_list, path, position_context)
        return_type = call.field.type
        try:
            result = None
            if isinstance(call, Read):
                result = call.value(source, self.context_value)
                with suppress(Exception):  # what can't be written is completed below
                    return call.write(result)
            info = self.build_resolve_info(call.field, to_nodes(field_details_list), parent_type, path)
            if isinstance(call, Call):
                result = call.value(source, info, given)
            asked = (return_type, field_details_list, info, path, result, position_context)
            if self.is_awaitable(result):
                return self.complete_awaitable_value(*asked)
            completed = self.complete_value(*asked)
            return self._settled(completed, asked) if self.is_awaitable(completed) else completed
        except Exception as error:
            self.handle_field_error(error, return_type, field_details_list, path)
            return None

    async def _settled(self, completed: Awaitable[Any], asked: tuple[Any, ...]) -> Any:
        """A completed value that something in it had to be awaited for."""
        return_type, details, _, path, *_ = asked
        try:
            return await completed
        except Exception as error:
            self.handle_field_error(error, return_type, details, path)
            return None

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Completes a value, by compiled code if it is the whole value of a field that has some."""
        selection = self.selection
        if self.loaders is not None:
            self.loaders.is_alone, self.loaders = False, None
        if selection is not None and return_type is info.return_type and result is not None:
            subtree = selection.subtree(self, field_details_list, info)
            if not subtree.is_left and subtree.plan is None and subtree.pays(result):
                selection.compile(self, subtree, field_details_list, info)
            plan = subtree.plan
            if plan is not None:
                asked = (return_type, field_details_list, info, path, result, position_context)
                return self._made(plan, subtree, asked)
            if subtree.is_left and not subtree.is_leaf:
                selection.stats.fallbacks += 1
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    def _made(self, plan: Plan, subtree: Subtree, asked: tuple[Any, ...]) -> Any:
        """A value by its plan, or else by graphql-core: at once, as far as nothing has to be loaded for it."""
        _, _, info, _, result, _ = asked
        try:
            made = plan.run(result, info)
        except Exception as surprise:
            return self._again(subtree, surprise, asked)
        if plan.is_staged:
            made, stages = made
            if any(keys for _, keys, _ in stages):
                return self._loaded(made, stages, subtree, asked)
        subtree.made()
        self._stats.hits += 1
        return made

    async def _loaded(self, made: Any, stages: Sequence[Stage], subtree: Subtree, asked: tuple[Any, ...]) -> Any:
        """A value with what its stages load into it."""
        try:
            await together(stages, asked[2])
        except Exception as surprise:
            again = self._again(subtree, surprise, asked)
            return await again if self.is_awaitable(again) else again
        subtree.made()
        self._stats.hits += 1
        return made

    def _again(self, subtree: Subtree, surprise: Exception, asked: tuple[Any, ...]) -> Any:
        """A value by graphql-core alone, from the start: its errors, its order, its nulls."""
        subtree.failed()
        self._stats.deopts += 1
        core = object.__new__(Core)
        core.__dict__ = self.__dict__  # one state, so that errors meet, without the compiled code
        made = core.complete_value(*asked)
        met = surprise.value if isinstance(surprise, Surprise) else None
        if not iscoroutine(met):
            return made
        if self.is_awaitable(made):
            return _closing(made, met)
        _close(met)
        return made

    @property
    def _stats(self) -> Stats:
        return cast(Selection, self.selection).stats


async def _closing(made: Awaitable[Any], met: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await made
    finally:
        _close(met)


def _close(met: Coroutine[Any, Any, Any]) -> None:
    """Closes a coroutine that the compiled code met and graphql-core, having got another one from the row, didn't await."""
    if getcoroutinestate(met) == CORO_CREATED:
        met.close()


class CompiledExecutor(SubtreeExecutor):
    """The same for `strawberry.Schema(execution_context_class=…)`, for those who don't call `run`; answers are of dicts.

    Compiled code hangs on the parsed document, so it takes a cache of documents such as strawberry's `ParserCache` to gain by it.
    """

    natives: ClassVar[Natives] = {}
    """Scalars written by compiled code itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wrapping = self.middleware_manager is not None and self.middleware_manager.middlewares
        operation = None if wrapping or self.abort_signal is not None else self._operation()
        if operation is not None:
            self.selection = operation.selection(self.variable_values, self.view(), is_native=False)
            if self.selection is not None:
                self._relevant_sub_fields = self.selection.collected

    def view(self) -> Hashable:
        """What the viewer may see, by which plans are kept apart; fields with guards are compiled only where a subclass tells it."""
        return None

    def execute_collected_root_fields(
        self, root_type: Any, root_value: Any, grouped_field_set: GroupedFieldSet, serially: bool, new_defer_usages: Any
    ) -> Any:
        """Executes the root fields, as they were collected when the selection was made."""
        fields = grouped_field_set if self.selection is None else self.selection.root
        return super().execute_collected_root_fields(root_type, root_value, fields, serially, new_defer_usages)

    def _operation(self) -> Operation | None:
        """The operation with its plans; null where the schema can't be compiled."""
        schema = cast(Any, self.schema)._strawberry_schema
        known = _SCHEMAS.setdefault(type(self), WeakKeyDictionary())
        if schema not in known:
            known[schema] = _Known(schema, self.natives)
        return known[schema].operation(self)


class _Known:
    """The engine of one schema and the operations last executed."""

    def __init__(self, schema: Schema, natives: Natives) -> None:
        try:
            self._engine: Engine | None = Engine(schema, natives)
        except ValueError:
            self._engine = None
        self._operations: OrderedDict[int, Operation] = OrderedDict()

    def operation(self, executor: CompiledExecutor) -> Operation | None:
        if self._engine is None:
            return None
        key = id(executor.operation)  # kept by what is found by it
        found = self._operations.get(key)
        if found is None:
            document = DocumentNode(definitions=(executor.operation, *executor.fragment_definitions.values()))
            found = self._operations[key] = Operation(self._engine, document, executor.operation)
            if len(self._operations) > MOST_OPERATIONS:
                self._operations.popitem(last=False)
        else:
            self._operations.move_to_end(key)
        return found


_SCHEMAS: WeakKeyDictionary[type[CompiledExecutor], WeakKeyDictionary[Schema, _Known]] = WeakKeyDictionary()


async def run(
    schema: Schema,
    operation: Operation,
    variables: Mapping[str, Any],
    context: Any,
    *,
    root: Any = None,
    view: Hashable = None,
    native: bool = False,
) -> ExecutionResult:
    """Runs an operation of a valid document straight, without the schema's extensions.

    `view` names what the viewer may see: guards are asked once for each. With `native`, compiled subtrees come as structs for `encode`.
    """
    if schema is not operation.engine.schema:
        raise ValueError("The operation was prepared for another schema.")
    values = operation.values(variables)
    if isinstance(values, list):
        return ExecutionResult(None, values)
    selection = operation.selection(values, view, is_native=native)
    executor = SubtreeExecutor.of(operation, selection, values, context, root)
    if selection is None:
        result = executor.execute_operation()
        return cast(ExecutionResult, await cast(Any, result) if optimized_is_awaitable(result) else result)
    try:
        root_type = executor.schema.get_root_type(operation.kind)
        is_serial = operation.kind is OperationType.MUTATION
        loaders = getattr(context, "loaders", None)
        if len(selection.root) == 1 and isinstance(loaders, Loaders):
            loaders.is_alone, executor.loaders = True, loaders
        data = executor.execute_root_grouped_field_set(cast(Any, root_type), root, selection.root, is_serial, None)
        if optimized_is_awaitable(data):
            data = await cast(Any, data)
    except GraphQLError as error:
        executor.collected_errors.add(error, None)
        data = None
    return ExecutionResult(cast(Any, data), executor.collected_errors.errors or None)
