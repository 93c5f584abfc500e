"""Making and ending API tokens."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

from auth.api_tokens import NewToken, api_token_create, api_token_revoke
from auth.wiring import Auth
from domain.kernel.ids import Kind, decode_as
from domain.kernel.scope import Scope
from schema.kernel.context import Info
from schema.kernel.figures import MoneyInput
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import Plan, Planned, PlanStale, Problem, StepUpRequired
from schema.kernel.rights import Permission
from schema.tokens import loaders
from schema.tokens.types import ApiToken


@planned_input("Input of `apiTokenCreate`.")
class ApiTokenCreateInput:
    """What the token may do, where, from where and until when."""

    name: str = strawberry.field(description="Name.")
    account_id: strawberry.ID = strawberry.field(description="Top of its subtree.")
    permissions: list[Permission] = strawberry.field(description="Rights.")
    expires_at: datetime = strawberry.field(description="End, one year ahead at most.")
    networks: list[str] | None = strawberry.field(default=None, description="Networks it may come from, CIDR, at most 20.")
    daily_budget: MoneyInput | None = strawberry.field(default=None, description="Spending a day.")

    def to_wish(self) -> NewToken:
        """The service's wish."""
        account_id = decode_as(Kind.ACCOUNT, self.account_id, "accountId")
        most = self.daily_budget.whole("dailyBudget") if self.daily_budget else None
        return NewToken(self.name, account_id, self.permissions, self.networks or (), self.expires_at, most)


@planned_input("Input of `apiTokenRevoke`.")
class ApiTokenRevokeInput:
    """Which."""

    api_token_id: strawberry.ID = strawberry.field(description="Token.")


@strawberry.type(description="What `apiTokenCreate` did.")
class ApiTokenCreatePayload(Planned):
    """The plan, the token and, once, its secret."""

    api_token: ApiToken | None = strawberry.field(description="The token.")
    secret: str | None = strawberry.field(description="The secret, shown only here; null in PLAN and when it stays.")


@strawberry.type(description="What `apiTokenRevoke` did.")
class ApiTokenRevokePayload(Planned):
    """The plan and the token."""

    api_token: ApiToken = strawberry.field(description="The token.")


ApiTokenCreateResult = Annotated[
    ApiTokenCreatePayload | StepUpRequired | PlanStale | Problem,
    strawberry.union("ApiTokenCreateResult", description="Outcome of `apiTokenCreate`."),
]
ApiTokenRevokeResult = Annotated[
    ApiTokenRevokePayload | PlanStale | Problem, strawberry.union("ApiTokenRevokeResult", description="Outcome of `apiTokenRevoke`.")
]


@strawberry.type
class TokensMutation:
    """Keys for programs."""

    @strawberry.mutation(description="Makes a token; its secret is shown once.", extensions=[Needs(Permission.TOKEN_MANAGE)])
    async def api_token_create(self, info: Info, scope: Scope, input: Requested[ApiTokenCreateInput]) -> ApiTokenCreateResult:
        """Needs a fresh proof, in PLAN as well."""
        auth, actor, wanted = cast(Auth, info.context.parts.auth), info.context.asking(), input.to_wish()
        done = await info.context.write(info, scope, input, lambda work: api_token_create(work, auth, actor, wanted))
        if done.result is None:
            return ApiTokenCreatePayload(plan=Plan.of(done.plan), api_token=None, secret=None)
        token = await info.context.load(loaders.api_tokens, done.result["api_token"])
        return ApiTokenCreatePayload(plan=Plan.of(done.plan), api_token=cast(ApiToken, token), secret=done.result["secret"])

    @strawberry.mutation(description="Ends a token at once.", extensions=[Needs(Permission.TOKEN_MANAGE)])
    async def api_token_revoke(self, info: Info, scope: Scope, input: Requested[ApiTokenRevokeInput]) -> ApiTokenRevokeResult:
        """Nothing it did is undone."""
        token_id = decode_as(Kind.API_TOKEN, input.api_token_id, "apiTokenId")
        done = await info.context.write(info, scope, input, lambda work: api_token_revoke(work, token_id))
        token = await info.context.load(loaders.api_tokens, token_id)
        return ApiTokenRevokePayload(plan=Plan.of(done.plan), api_token=cast(ApiToken, token))
