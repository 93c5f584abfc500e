"""The whole contract: every area's fields under one schema."""

import asyncio
from typing import Annotated, cast

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import decode
from schema.accounts.mutations import AccountsMutation
from schema.accounts.queries import AccountsQuery
from schema.approvals.failures import BUDGET_HANDLERS
from schema.approvals.mutations import ApprovalsMutation
from schema.approvals.subscriptions import ApprovalsSubscription
from schema.audit.mutations import AuditMutation
from schema.billing.mutations import BillingMutation
from schema.catalogue.queries import CatalogueQuery
from schema.content.mutations import ContentMutation
from schema.content.queries import ContentQuery
from schema.exports.mutations import ExportsMutation
from schema.groups.mutations import GroupsMutation
from schema.imports.mutations import ImportsMutation
from schema.jobs.mutations import JobsMutation
from schema.jobs.subscriptions import JobsSubscription
from schema.kernel.context import Info
from schema.kernel.nodes import Node, find
from schema.kernel.outcomes import KERNEL_HANDLERS, LAST_HANDLER
from schema.kernel.scalars import SCALARS
from schema.notifications.mutations import NotificationsMutation
from schema.orders.mutations import OrdersMutation
from schema.orders.queries import OrdersQuery
from schema.payments.mutations import PaymentsMutation
from schema.payments.queries import PaymentsQuery
from schema.people.mutations import PeopleMutation
from schema.signing_in.failures import SIGN_IN_HANDLERS
from schema.signing_in.mutations import SigningInMutation
from schema.signing_in.queries import SigningInQuery
from schema.sims.editing import SimEditsMutation
from schema.sims.moving import SimMoveMutation
from schema.sims.mutations import SimsMutation
from schema.sims.puk import PukMutation
from schema.sims.queries import SimsQuery
from schema.tickets.mutations import TicketsMutation
from schema.tokens.mutations import TokensMutation
from schema.transfers.mutations import TransfersMutation
from schema.wallet.mutations import WalletMutation

MOST_NODES = 100


async def _node(info: Info, id: str) -> Node | None:
    """The thing behind a global id, null for what is none."""
    try:
        return cast(Node | None, await find(info.context, decode(id)))
    except NotFound:
        return None


@strawberry.type(description="Everything that can be asked.")
class Query(SigningInQuery, AccountsQuery, CatalogueQuery, ContentQuery, OrdersQuery, PaymentsQuery, SimsQuery):
    """The roots of all areas, and any object by its id."""

    @strawberry.field(description="Any object by its global id; null when out of scope or gone.")
    async def node(self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")]) -> Node | None:
        """Within the viewer's scope."""
        return await _node(info, id)

    @strawberry.field(description="Several at once, in order, with null for the missing; at most 100.")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids.")]
    ) -> list[Node | None]:
        """Within the viewer's scope."""
        if len(ids) > MOST_NODES:
            raise InvalidInput("error.too_many", field=("ids",), most=MOST_NODES)
        return await asyncio.gather(*(_node(info, id) for id in ids))


@strawberry.type(description="Everything that can be done.")
class Mutation(
    AccountsMutation, ApprovalsMutation, AuditMutation, BillingMutation, ContentMutation, ExportsMutation, GroupsMutation,
    ImportsMutation, JobsMutation, NotificationsMutation, OrdersMutation, PaymentsMutation, PeopleMutation, PukMutation,
    SigningInMutation, SimEditsMutation, SimMoveMutation, SimsMutation, TicketsMutation, TokensMutation, TransfersMutation, WalletMutation,
):  # fmt: skip
    """The writes of all areas."""


@strawberry.type(
    description="Everything that can be listened to; rights are checked again for each event, and missed events are read by query."
)
class Subscription(ApprovalsSubscription, JobsSubscription):
    """The events of all areas."""


class Schema(strawberry.Schema):
    """The schema, silent: the endpoint logs bugs without the document's text."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Logs nothing here."""


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    exception_handlers=[*KERNEL_HANDLERS, *BUDGET_HANDLERS, *SIGN_IN_HANDLERS, LAST_HANDLER],
    config=StrawberryConfig(scalar_map=SCALARS),
)
