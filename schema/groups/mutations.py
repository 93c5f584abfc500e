"""Making, changing and deleting groups."""

from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain.groups import service
from domain.groups.service import UPDATE, GroupChange, update_request
from domain.kernel.errors import NotFound
from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.groups import loaders
from schema.groups.types import Group
from schema.jobs import loaders as job_loaders
from schema.jobs.types import Job
from schema.kernel.context import Info
from schema.kernel.needs import Needs
from schema.kernel.outcomes import BulkErrorPolicy, MutationMode, Plan, PlanStale, Problem, RowsRejected
from schema.people.mutations import PersonInput
from schema.sims.inputs import SimSelectionInput


@strawberry.input(description="Input of `groupCreate`.")
class GroupCreateInput:
    """Of which account, who manages it and which cards come first."""

    account_id: strawberry.ID = strawberry.field(description="Account it belongs to.")
    name: str = strawberry.field(description="Name.")
    manager: PersonInput | None = strawberry.field(default=None, description="Group manager.")
    add: SimSelectionInput | None = strawberry.field(default=None, description="First cards.")
    mode: MutationMode = strawberry.field(default=MutationMode.APPLY, description="Decide only, or act.")
    plan_token: str | None = strawberry.field(default=None, description="Token of the plan agreed to.")


@strawberry.input(description="Input of `groupUpdate`.")
class GroupUpdateInput:
    """What is to change."""

    group_id: strawberry.ID = strawberry.field(description="Group.")
    name: str | None = strawberry.field(default=None, description="New name.")
    manager: PersonInput | None = strawberry.field(default=strawberry.UNSET, description="Group manager; null dismisses.")
    add: SimSelectionInput | None = strawberry.field(default=None, description="Cards to add.")
    remove: SimSelectionInput | None = strawberry.field(default=None, description="Cards to remove.")
    error_policy: BulkErrorPolicy = strawberry.field(
        default=BulkErrorPolicy.REJECT_ALL, description="What to do with rows that can't be done."
    )
    mode: MutationMode = strawberry.field(default=MutationMode.APPLY, description="Decide only, or act.")
    plan_token: str | None = strawberry.field(default=None, description="Token of the plan agreed to.")

    def to_change(self) -> GroupChange:
        """The domain's wish."""
        return GroupChange(
            name=self.name,
            manager=self.manager.to_person() if self.manager else None,
            dismisses=self.manager is None,
            add=self.add.to_selection() if self.add else None,
            remove=self.remove.to_selection() if self.remove else None,
        )


@strawberry.input(description="Input of `groupDelete`.")
class GroupDeleteInput:
    """Which."""

    group_id: strawberry.ID = strawberry.field(description="Group.")
    mode: MutationMode = strawberry.field(default=MutationMode.APPLY, description="Decide only, or act.")
    plan_token: str | None = strawberry.field(default=None, description="Token of the plan agreed to.")


@strawberry.type(description="What `groupCreate` did.")
class GroupCreatePayload:
    """The plan and the group."""

    plan: Plan = strawberry.field(description="What changes.")
    group: Group | None = strawberry.field(description="The group.")


@strawberry.type(description="What `groupUpdate` did.")
class GroupUpdatePayload:
    """The plan, the group as it is now, and the job."""

    plan: Plan = strawberry.field(description="What changes.")
    group: Group = strawberry.field(description="The group.")
    job: Job | None = strawberry.field(description="The background run, when there is one.")


@strawberry.type(description="What `groupDelete` did.")
class GroupDeletePayload:
    """The plan and what is gone."""

    plan: Plan = strawberry.field(description="What changes.")
    deleted_id: strawberry.ID = strawberry.field(description="Id of the deleted group.")


GroupCreateResult = Annotated[
    GroupCreatePayload | PlanStale | Problem, strawberry.union("GroupCreateResult", description="Outcome of `groupCreate`.")
]
GroupUpdateResult = Annotated[
    GroupUpdatePayload | RowsRejected | PlanStale | Problem, strawberry.union("GroupUpdateResult", description="Outcome of `groupUpdate`.")
]
GroupDeleteResult = Annotated[
    GroupDeletePayload | PlanStale | Problem, strawberry.union("GroupDeleteResult", description="Outcome of `groupDelete`.")
]


async def _group(info: Info, id: UUID) -> Group | None:
    """A group as it is now, for a viewer who may see groups."""
    return cast(Group | None, await info.context.load(loaders.groups_managed, id))


@strawberry.type
class GroupsMutation:
    """What can be done with groups."""

    @strawberry.mutation(
        description="Makes a group; of the first cards, at most 5,000, those that can't be in it are told in the plan and left out.",
        extensions=[Needs(Permission.GROUP_MANAGE)],
    )
    async def group_create(
        self, info: Info, scope: Scope, input: Annotated[GroupCreateInput, strawberry.argument(description="The request.")]
    ) -> GroupCreateResult:
        """Its name is one of its own in the account."""
        account_id = decode_as(Kind.ACCOUNT, input.account_id, "accountId")
        manager = input.manager.to_person() if input.manager else None
        first = input.add.to_selection() if input.add else None
        done = await info.context.write(
            info, scope, input, lambda work: service.create(work, account_id, name=input.name, manager=manager, first=first)
        )
        return GroupCreatePayload(plan=Plan.of(done.plan), group=await _group(info, done.result["group"]) if done.result else None)

    @strawberry.mutation(
        description="Renames a group, changes its manager, adds and removes cards.", extensions=[Needs(Permission.GROUP_MANAGE)]
    )
    async def group_update(
        self, info: Info, scope: Scope, input: Annotated[GroupUpdateInput, strawberry.argument(description="The request.")]
    ) -> GroupUpdateResult:
        """Up to 100 changes at once, any others by a job."""
        id = decode_as(Kind.GROUP, input.group_id, "groupId")
        done = await info.context.write_many(info, scope, input, UPDATE, update_request(id), input.to_change())
        job_id = (done.result or {}).get("job")
        group = await info.context.load(loaders.groups, id)
        if group is None:
            raise NotFound(field=("groupId",))
        job = await info.context.load(job_loaders.jobs, job_id) if job_id else None
        return GroupUpdatePayload(plan=Plan.of(done.plan), group=cast(Group, group), job=cast(Job | None, job))

    @strawberry.mutation(
        description="Deletes a group and stops its policies; cards stay where they are.", extensions=[Needs(Permission.GROUP_MANAGE)]
    )
    async def group_delete(
        self, info: Info, scope: Scope, input: Annotated[GroupDeleteInput, strawberry.argument(description="The request.")]
    ) -> GroupDeleteResult:
        """What was paid stays in the books."""
        id = decode_as(Kind.GROUP, input.group_id, "groupId")
        done = await info.context.write(info, scope, input, lambda work: service.delete_group(work, id))
        return GroupDeletePayload(plan=Plan.of(done.plan), deleted_id=input.group_id)
