"""Declares the right a field needs, checks it, hands the resolver its scope and notes the look; the schema never shows the scope."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import OperationType
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from domain.kernel.errors import Forbidden
from domain.kernel.permissions import Permission
from schema.kernel.context import Context, Info
from schema.kernel.looks import note, note_shown


class Needs(FieldExtension):
    """`extensions=[Needs(Permission.X)]`: the resolver takes `scope: Scope`; without the right the field is refused."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        self._takes_scope = False

    def apply(self, field: StrawberryField) -> None:
        """Hides the scope from the schema and says the right in the description, where the authorization matrix reads it."""
        field.description = f"{(field.description or '').rstrip('.')}. Needs `{self.permission.value}`.".lstrip(". ")
        self._takes_scope = any(argument.python_name == "scope" for argument in field.arguments)
        field.arguments = [argument for argument in field.arguments if argument.python_name != "scope"]

    def allows(self, context: Context) -> bool:
        """Whether the viewer holds the right, so that the engine may compile the field."""
        return context.actor is not None and self.permission in context.actor.permissions

    def seen(self, context: Context, shown: Sequence[tuple[Any, Any]]) -> None:
        """Notes what compiled code showed of rows."""
        note_shown(context.looks, context.scope(self.permission), shown)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        """Makes the scope, or refuses, before the resolver runs; afterwards notes what was seen.

        What a mutation does stands in the audit trail; only what is read below it is a look.
        """
        is_mutation = info.operation.operation is OperationType.MUTATION and info.path.prev is None
        if is_mutation and info.context.asking().is_read_only:
            raise Forbidden  # some mutations need no more than a right to read: a support view still writes nothing, and mails nothing
        scope = info.context.scope(self.permission)
        if self._takes_scope:
            kwargs["scope"] = scope
        result = await next_(source, info, **kwargs)
        if not is_mutation:
            note(info.context.looks, scope, source, result)
        return result
