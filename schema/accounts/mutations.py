"""Changing what an organization says about itself; making, renaming and moving accounts."""

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain.accounts import organizations
from domain.audit.writing import Done
from domain.billing import terms
from domain.hierarchy import service
from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.accounts import loaders
from schema.accounts.enums import PaymentMode
from schema.accounts.types import Account, Organization
from schema.kernel.context import Info
from schema.kernel.figures import Locale
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import Plan, Planned, PlanStale, Problem
from schema.kernel.scalars import MSISDN, EmailAddress


@strawberry.input(description="A person to write to.")
class ContactInput:
    """One of all contacts."""

    name: str = strawberry.field(description="Name.")
    role: str = strawberry.field(description="What for.")
    email: EmailAddress | None = strawberry.field(default=None, description="E-mail.")
    phone: MSISDN | None = strawberry.field(default=None, description="Phone.")


@planned_input("Input of `organizationUpdate`.")
class OrganizationUpdateInput:
    """What becomes of which one; null stays as it is."""

    organization_id: strawberry.ID = strawberry.field(description="Organization.")
    contacts: list[ContactInput] | None = strawberry.field(default=None, description="All contacts, at most 20.")
    locale: Locale | None = strawberry.field(default=None, description="Language of its documents.")
    add_upload_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Uploaded papers to add, at most 10.")

    def to_edit(self) -> organizations.Edit:
        """The domain's wish."""
        contacts = None
        if self.contacts is not None:
            contacts = [organizations.Contact(given.name, given.role, given.email, given.phone) for given in self.contacts]
        return organizations.Edit(contacts, self.locale, [decode_as(Kind.UPLOAD, id, "addUploadIds") for id in self.add_upload_ids or ()])


@planned_input("Input of `accountCreate`.")
class AccountCreateInput:
    """What is made where."""

    parent_id: strawberry.ID = strawberry.field(description="Account above.")
    name: str = strawberry.field(description="Name.")
    payment_mode: PaymentMode = strawberry.field(description="How usage is paid.")


@planned_input("Input of `accountUpdate`.")
class AccountUpdateInput:
    """Which one becomes what."""

    account_id: strawberry.ID = strawberry.field(description="Account.")
    name: str | None = strawberry.field(default=None, description="New name.")
    is_billed_here: bool | None = strawberry.field(default=None, description="Bills here (true) or on the account above.")


@planned_input("Input of `accountMove`.")
class AccountMoveInput:
    """Which one goes where, and when."""

    account_id: strawberry.ID = strawberry.field(description="Account.")
    parent_id: strawberry.ID = strawberry.field(description="Account above from then.")
    effective_at: datetime | None = strawberry.field(default=None, description="Instant it takes effect; now if null.")


@strawberry.type(description="What `organizationUpdate` did.")
class OrganizationUpdatePayload(Planned):
    """The plan and the organization."""

    organization: Organization = strawberry.field(description="The organization.")


@strawberry.type(description="What `accountCreate` did.")
class AccountCreatePayload(Planned):
    """The plan and the account."""

    account: Account | None = strawberry.field(description="The account.")


@strawberry.type(description="What `accountUpdate` did.")
class AccountUpdatePayload(Planned):
    """The plan and the account."""

    account: Account = strawberry.field(description="The account.")


@strawberry.type(description="What `accountMove` did.")
class AccountMovePayload(Planned):
    """The plan and the account."""

    account: Account = strawberry.field(description="The account.")


OrganizationUpdateResult = Annotated[
    OrganizationUpdatePayload | PlanStale | Problem,
    strawberry.union("OrganizationUpdateResult", description="Outcome of `organizationUpdate`."),
]
AccountCreateResult = Annotated[
    AccountCreatePayload | PlanStale | Problem, strawberry.union("AccountCreateResult", description="Outcome of `accountCreate`.")
]
AccountUpdateResult = Annotated[
    AccountUpdatePayload | PlanStale | Problem, strawberry.union("AccountUpdateResult", description="Outcome of `accountUpdate`.")
]
AccountMoveResult = Annotated[
    AccountMovePayload | PlanStale | Problem, strawberry.union("AccountMoveResult", description="Outcome of `accountMove`.")
]


async def _account(info: Info, done: Done, id: UUID | None = None) -> Account | None:
    """The account as it is now: the one that was made, or the one named; a plan makes none."""
    found = done.result["account"] if done.result else id
    return cast("Account | None", await info.context.load(loaders.accounts, found)) if found else None


@strawberry.type
class AccountsMutation:
    """Organizations and the tree of accounts."""

    @strawberry.mutation(
        description="Changes contacts, language and papers of an organization.", extensions=[Needs(Permission.ACCOUNT_MANAGE)]
    )
    async def organization_update(self, info: Info, scope: Scope, input: Requested[OrganizationUpdateInput]) -> OrganizationUpdateResult:
        """All of its contacts at once; papers are only added."""
        organization_id, edit = decode_as(Kind.ORGANIZATION, input.organization_id, "organizationId"), input.to_edit()
        done = await info.context.write(info, scope, input, lambda work: organizations.organization_update(work, organization_id, edit))
        organization = await info.context.load(loaders.organizations, organization_id)
        return OrganizationUpdatePayload(plan=Plan.of(done.plan), organization=cast(Organization, organization))

    @strawberry.mutation(description="Makes an account below another.", extensions=[Needs(Permission.ACCOUNT_MANAGE)])
    async def account_create(self, info: Info, scope: Scope, input: Requested[AccountCreateInput]) -> AccountCreateResult:
        """With a wallet of its own."""
        parent_id = decode_as(Kind.ACCOUNT, input.parent_id, "parentId")
        done = await info.context.write(
            info, scope, input, lambda work: service.account_create(work, parent_id, name=input.name, payment_mode=input.payment_mode)
        )
        return AccountCreatePayload(plan=Plan.of(done.plan), account=await _account(info, done))

    @strawberry.mutation(description="Renames an account or says where its bill goes.", extensions=[Needs(Permission.ACCOUNT_MANAGE)])
    async def account_update(self, info: Info, scope: Scope, input: Requested[AccountUpdateInput]) -> AccountUpdateResult:
        """Bills that are made already stay where they are."""
        account_id = decode_as(Kind.ACCOUNT, input.account_id, "accountId")
        done = await info.context.write(
            info, scope, input,
            lambda work: terms.account_update(work, account_id, name=input.name, is_billed_here=input.is_billed_here),
        )  # fmt: skip
        return AccountUpdatePayload(plan=Plan.of(done.plan), account=cast(Account, await _account(info, done, account_id)))

    @strawberry.mutation(
        description="Hangs an account under another from an instant on; the past stays.", extensions=[Needs(Permission.ACCOUNT_MANAGE)]
    )
    async def account_move(self, info: Info, scope: Scope, input: Requested[AccountMoveInput]) -> AccountMoveResult:
        """With everything below it."""
        account_id, parent_id = decode_as(Kind.ACCOUNT, input.account_id, "accountId"), decode_as(Kind.ACCOUNT, input.parent_id, "parentId")
        done = await info.context.write(
            info, scope, input, lambda work: service.account_move(work, account_id, parent_id, effective_at=input.effective_at)
        )
        return AccountMovePayload(plan=Plan.of(done.plan), account=cast(Account, await _account(info, done, account_id)))
