"""Appointing and dismissing managers."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

from domain.groups.service import appoint
from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from domain.people import service
from domain.people.service import Appointment, NamedPerson
from schema.kernel.context import Info
from schema.kernel.figures import PeriodInput
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import Plan, Planned, PlanStale, Problem
from schema.kernel.scalars import MSISDN, EmailAddress
from schema.people import loaders
from schema.people.enums import Role
from schema.people.types import Membership


@strawberry.input(description="A person named by the client, found by mobile or made.")
class PersonInput:
    """Who."""

    name: str = strawberry.field(description="Name in full.")
    mobile: MSISDN = strawberry.field(description="Mobile number.")
    email: EmailAddress | None = strawberry.field(default=None, description="E-mail address.")

    def to_person(self) -> NamedPerson:
        """The domain's."""
        return NamedPerson(self.name, self.mobile, self.email)


@planned_input("Input of `membershipGrant`.")
class MembershipGrantInput:
    """Who becomes what, where and when."""

    person: PersonInput = strawberry.field(description="Who.")
    role: Role = strawberry.field(description="As what.")
    organization_id: strawberry.ID = strawberry.field(description="Where.")
    account_id: strawberry.ID | None = strawberry.field(default=None, description="Top of the subtree, for an account manager.")
    group_id: strawberry.ID | None = strawberry.field(default=None, description="The group, for a group manager.")
    valid_for: PeriodInput | None = strawberry.field(default=None, description="From when to when; from now on if null.")

    def to_appointment(self) -> Appointment:
        """The domain's wish."""
        return Appointment(
            person=self.person.to_person(),
            role=self.role,
            organization_id=decode_as(Kind.ORGANIZATION, self.organization_id, "organizationId"),
            account_id=decode_as(Kind.ACCOUNT, self.account_id, "accountId") if self.account_id else None,
            group_id=decode_as(Kind.GROUP, self.group_id, "groupId") if self.group_id else None,
            valid_from=self.valid_for.starts_at if self.valid_for else None,
            valid_to=self.valid_for.ends_at if self.valid_for else None,
        )


@planned_input("Input of `membershipRevoke`.")
class MembershipRevokeInput:
    """Which, and when."""

    membership_id: strawberry.ID = strawberry.field(description="Membership.")
    effective_at: datetime | None = strawberry.field(default=None, description="Instant it takes effect; now if null.")


@strawberry.type(description="What `membershipGrant` did.")
class MembershipGrantPayload(Planned):
    """The plan and the role."""

    membership: Membership | None = strawberry.field(description="The membership.")


@strawberry.type(description="What `membershipRevoke` did.")
class MembershipRevokePayload(Planned):
    """The plan and the role."""

    membership: Membership = strawberry.field(description="The membership.")


MembershipGrantResult = Annotated[
    MembershipGrantPayload | PlanStale | Problem, strawberry.union("MembershipGrantResult", description="Outcome of `membershipGrant`.")
]
MembershipRevokeResult = Annotated[
    MembershipRevokePayload | PlanStale | Problem, strawberry.union("MembershipRevokeResult", description="Outcome of `membershipRevoke`.")
]


@strawberry.type
class PeopleMutation:
    """The operator's doing."""

    @strawberry.mutation(description="Appoints a manager; never oneself.", extensions=[Needs(Permission.MEMBERSHIP_MANAGE)])
    async def membership_grant(self, info: Info, scope: Scope, input: Requested[MembershipGrantInput]) -> MembershipGrantResult:
        """A profile manager of the whole organization, an account manager of a subtree, or a group manager."""
        wanted = input.to_appointment()
        grant = appoint if wanted.role is Role.GROUP_MANAGER else service.grant_membership
        done = await info.context.write(info, scope, input, lambda work: grant(work, wanted))
        membership = await info.context.load(loaders.memberships, done.result["membership"]) if done.result else None
        return MembershipGrantPayload(plan=Plan.of(done.plan), membership=cast(Membership | None, membership))

    @strawberry.mutation(description="Dismisses a manager at an instant.", extensions=[Needs(Permission.MEMBERSHIP_MANAGE)])
    async def membership_revoke(self, info: Info, scope: Scope, input: Requested[MembershipRevokeInput]) -> MembershipRevokeResult:
        """The past stays; sessions and tokens lose the rights at that instant."""
        membership_id = decode_as(Kind.MEMBERSHIP, input.membership_id, "membershipId")
        done = await info.context.write(
            info, scope, input, lambda work: service.revoke_membership(work, membership_id, effective_at=input.effective_at)
        )
        membership = await info.context.load(loaders.memberships, membership_id)
        return MembershipRevokePayload(plan=Plan.of(done.plan), membership=cast(Membership, membership))
