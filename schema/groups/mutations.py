"""Making, changing and deleting groups."""

from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain.groups import policies, service
from domain.groups.rules import AutoPay, Rule, TopUp
from domain.groups.service import UPDATE, GroupChange, update_request
from domain.kernel.errors import NotEligible, NotFound
from domain.kernel.ids import Kind, decode_as
from domain.kernel.permissions import Permission
from domain.kernel.scope import Scope
from schema.groups import loaders
from schema.groups.types import Group, PaymentPolicy
from schema.jobs import loaders as job_loaders
from schema.jobs.types import Job
from schema.kernel.context import Info
from schema.kernel.figures import MoneyInput, QuantityInput
from schema.kernel.inputs import Requested, planned_input
from schema.kernel.needs import Needs
from schema.kernel.outcomes import BulkErrorPolicy, Plan, Planned, PlanStale, Problem, RowsRejected
from schema.kernel.scalars import EmailAddress
from schema.people.mutations import PersonInput
from schema.sims.inputs import SimSelectionInput


@planned_input("Input of `groupCreate`.")
class GroupCreateInput:
    """Of which account, who manages it and which cards come first."""

    account_id: strawberry.ID = strawberry.field(description="Account it belongs to.")
    name: str = strawberry.field(description="Name.")
    manager: PersonInput | None = strawberry.field(default=None, description="Group manager.")
    add: SimSelectionInput | None = strawberry.field(default=None, description="First cards.")


@planned_input("Input of `groupUpdate`.")
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

    def to_change(self) -> GroupChange:
        """The domain's wish."""
        return GroupChange(
            name=self.name,
            manager=self.manager.to_person() if self.manager else None,
            dismisses=self.manager is None,
            add=self.add.to_selection() if self.add else None,
            remove=self.remove.to_selection() if self.remove else None,
        )


@planned_input("Input of `groupDelete`.")
class GroupDeleteInput:
    """Which."""

    group_id: strawberry.ID = strawberry.field(description="Group.")


@strawberry.type(description="What `groupCreate` did.")
class GroupCreatePayload(Planned):
    """The plan and the group."""

    group: Group | None = strawberry.field(description="The group.")


@strawberry.type(description="What `groupUpdate` did.")
class GroupUpdatePayload(Planned):
    """The plan, the group as it is now, and the job."""

    group: Group = strawberry.field(description="The group.")
    job: Job | None = strawberry.field(description="The background run, when there is one.")


@strawberry.type(description="What `groupDelete` did.")
class GroupDeletePayload(Planned):
    """The plan and what is gone."""

    deleted_id: strawberry.ID = strawberry.field(description="Id of the deleted group.")


@strawberry.input(description="Recharge prepaid lines.")
class AutoTopUpRuleInput:
    """A trigger and an amount."""

    trigger_below: QuantityInput = strawberry.field(description="Fires once per crossing below.")
    amount: MoneyInput = strawberry.field(description="Money added.")


@strawberry.input(description="Pay postpaid lines; a day, a threshold or both.")
class AutoPayRuleInput:
    """When bills are paid."""

    is_current_cycle: bool = strawberry.field(description="Running cycle (true) or the one before.")
    day_of_month: int | None = strawberry.field(default=None, description="On this day of the Jalali month, 1–29.")
    threshold: MoneyInput | None = strawberry.field(default=None, description="When the debt passes this.")


@strawberry.input(one_of=True, description="When and how much a policy is to pay.")
class PaymentRuleInput:
    """Exactly one of its fields."""

    auto_top_up: AutoTopUpRuleInput | None = strawberry.field(default=strawberry.UNSET, description="Recharge prepaid lines.")
    auto_pay: AutoPayRuleInput | None = strawberry.field(default=strawberry.UNSET, description="Pay postpaid lines.")

    def to_rule(self) -> Rule:
        """The domain's rule; raises `InvalidInput`, and `NotEligible` for a cycle that has no bill yet."""
        if self.auto_top_up:
            rule, at = self.auto_top_up, ("rule", "autoTopUp")
            trigger = rule.trigger_below
            return TopUp(trigger.whole(*at, "triggerBelow"), trigger.unit, rule.amount.whole(*at, "amount"))
        assert self.auto_pay  # noqa: S101 (it is one of the two)
        pay = self.auto_pay
        if pay.is_current_cycle:
            raise NotEligible("groups.running_cycle", field=("rule", "autoPay", "isCurrentCycle"))
        return AutoPay(pay.day_of_month, pay.threshold.whole("rule", "autoPay", "threshold") if pay.threshold else None)


@planned_input("Input of `paymentPolicySave`.")
class PaymentPolicySaveInput:
    """A new policy of a group, or a change of one."""

    rule: PaymentRuleInput = strawberry.field(description="When and how much.")
    wallet_id: strawberry.ID = strawberry.field(description="Wallet that pays.")
    policy_id: strawberry.ID | None = strawberry.field(default=None, description="Policy to change; null makes one.")
    group_id: strawberry.ID | None = strawberry.field(default=None, description="Group, for a new one.")
    notify_emails: list[EmailAddress] | None = strawberry.field(default=None, description="Whom to tell, at most 5.")
    is_active: bool = strawberry.field(default=True, description="Working.")


@planned_input("Input of `paymentPolicyDelete`.")
class PaymentPolicyDeleteInput:
    """Which."""

    policy_id: strawberry.ID = strawberry.field(description="Policy.")


@strawberry.type(description="What `paymentPolicySave` did.")
class PaymentPolicySavePayload(Planned):
    """The plan and the policy."""

    policy: PaymentPolicy | None = strawberry.field(description="The policy.")


@strawberry.type(description="What `paymentPolicyDelete` did.")
class PaymentPolicyDeletePayload(Planned):
    """The plan and what is gone."""

    deleted_id: strawberry.ID = strawberry.field(description="Id of the deleted policy.")


PaymentPolicySaveResult = Annotated[
    PaymentPolicySavePayload | PlanStale | Problem,
    strawberry.union("PaymentPolicySaveResult", description="Outcome of `paymentPolicySave`."),
]
PaymentPolicyDeleteResult = Annotated[
    PaymentPolicyDeletePayload | PlanStale | Problem,
    strawberry.union("PaymentPolicyDeleteResult", description="Outcome of `paymentPolicyDelete`."),
]
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
    async def group_create(self, info: Info, scope: Scope, input: Requested[GroupCreateInput]) -> GroupCreateResult:
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
    async def group_update(self, info: Info, scope: Scope, input: Requested[GroupUpdateInput]) -> GroupUpdateResult:
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
    async def group_delete(self, info: Info, scope: Scope, input: Requested[GroupDeleteInput]) -> GroupDeleteResult:
        """What was paid stays in the books."""
        id = decode_as(Kind.GROUP, input.group_id, "groupId")
        done = await info.context.write(info, scope, input, lambda work: service.delete_group(work, id))
        return GroupDeletePayload(plan=Plan.of(done.plan), deleted_id=input.group_id)

    @strawberry.mutation(description="Makes or changes an automatic payment.", extensions=[Needs(Permission.POLICY_MANAGE)])
    async def payment_policy_save(self, info: Info, scope: Scope, input: Requested[PaymentPolicySaveInput]) -> PaymentPolicySaveResult:
        """Of a group in scope, from the wallet of an account in scope."""
        rule = input.rule.to_rule()
        policy_id = decode_as(Kind.PAYMENT_POLICY, input.policy_id, "policyId") if input.policy_id else None
        group_id = decode_as(Kind.GROUP, input.group_id, "groupId") if input.group_id else None
        wallet_id, emails = decode_as(Kind.WALLET, input.wallet_id, "walletId"), input.notify_emails or []
        done = await info.context.write(
            info, scope, input,
            lambda work: policies.save(
                work, policy_id=policy_id, group_id=group_id, rule=rule, wallet_id=wallet_id, emails=emails, is_active=input.is_active
            ),
        )  # fmt: skip
        is_seen = done.result and info.context.actor and Permission.GROUP_READ in info.context.actor.permissions
        policy = await info.context.load(loaders.policies, done.result["policy"]) if done.result and is_seen else None
        return PaymentPolicySavePayload(plan=Plan.of(done.plan), policy=cast(PaymentPolicy | None, policy))

    @strawberry.mutation(description="Deletes an automatic payment.", extensions=[Needs(Permission.POLICY_MANAGE)])
    async def payment_policy_delete(
        self, info: Info, scope: Scope, input: Requested[PaymentPolicyDeleteInput]
    ) -> PaymentPolicyDeleteResult:
        """What it paid stays in the books."""
        id = decode_as(Kind.PAYMENT_POLICY, input.policy_id, "policyId")
        done = await info.context.write(info, scope, input, lambda work: policies.delete_policy(work, id))
        return PaymentPolicyDeletePayload(plan=Plan.of(done.plan), deleted_id=input.policy_id)
