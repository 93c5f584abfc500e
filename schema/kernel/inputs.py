"""Inputs of mutations, and how they say that they are planned or carried out."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar, dataclass_transform
from uuid import UUID

import strawberry

from domain.kernel.plan import MutationMode

Given = TypeVar("Given")
Input = TypeVar("Input")
Requested = Annotated[Given, strawberry.argument(description="The request.")]
"""The argument of a mutation."""


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def planned_input(description: str, *, has_key: bool = False) -> Callable[[type[Input]], type[Input]]:
    """An input whose last fields tell `context.write` to decide only or to act, on which plan, and with which key a retry is safe."""

    def made(cls: type[Input]) -> type[Input]:
        fields: dict[str, tuple[Any, Any]] = {
            "mode": (MutationMode, strawberry.field(default=MutationMode.APPLY, description="Decide only, or act.")),
            "plan_token": (str | None, strawberry.field(default=None, description="Token of the plan agreed to.")),
        }
        if has_key:
            fields["idempotency_key"] = (UUID, strawberry.field(description="Makes a retry safe."))
        for name, (kind, field) in fields.items():
            cls.__annotations__[name] = kind
            setattr(cls, name, field)
        return strawberry.input(cls, description=description)

    return made
