"""Runs a prepared operation."""

from collections.abc import Hashable, Mapping
from inspect import isawaitable
from typing import Any, cast

from graphql import ExecutionResult, execute
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.engine.documents import Operation


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor with compiled subtrees."""


async def run(
    schema: Schema, operation: Operation, variables: Mapping[str, Any], context: Any, *, view: Hashable = None, native: bool = False
) -> ExecutionResult:
    """Runs an operation; see README.md for what `view` and `native` mean."""
    result = execute(
        schema._schema,
        operation.document,
        variable_values=dict(variables),
        operation_name=operation.name,
        context_value=context,
        is_awaitable=cast(Any, optimized_is_awaitable),
        executor_class=CompiledExecutor,
    )
    return await result if isawaitable(result) else result
