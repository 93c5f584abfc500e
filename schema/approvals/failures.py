"""What spending beyond its bounds is told as."""

from typing import cast

import strawberry
from strawberry.schema.exception_handlers import ExceptionHandler
from strawberry.types.field import StrawberryField

from domain.approvals.budgets import BudgetRow
from domain.kernel import errors
from domain.kernel.permissions import Permission
from schema.approvals.types import Budget
from schema.kernel.context import Context, Info
from schema.kernel.figures import Money
from schema.kernel.outcomes import UserError, told


@strawberry.type(description="Spending would pass a budget.")
class BudgetExceeded(UserError):
    """Says of which, and how much."""

    budget: Budget | None = strawberry.field(description="The budget, null for a token's own.")
    required: Money = strawberry.field(description="What it takes.")
    available: Money = strawberry.field(description="What is left to spend.")


class BudgetExceededHandler(ExceptionHandler[errors.BudgetExceeded, BudgetExceeded]):
    """A budget that would be passed."""

    def handle(self, exception: errors.BudgetExceeded, *, field: StrawberryField, info: Info) -> BudgetExceeded:
        """Tells it; the budget itself only to whoever may see it."""
        required, available = cast(Money, exception.required), cast(Money, exception.available)
        budget = cast(Budget | None, exception.budget if _is_seen(info.context, exception.budget) else None)
        return BudgetExceeded(**told(exception, info.context), required=required, available=available, budget=budget)


def _is_seen(context: Context, budget: object) -> bool:
    if not isinstance(budget, BudgetRow) or Permission.BUDGET_READ not in context.asking().permissions:
        return False
    return context.scope(Permission.BUDGET_READ).covers(budget.organization_id, budget.path)


BUDGET_HANDLERS = (BudgetExceededHandler(),)
