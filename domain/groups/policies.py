"""Making, changing and deleting automatic payments of a group."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func
from sqlmodel import col, select

from domain.audit.writing import Result, Work
from domain.groups import rules
from domain.groups.rules import Rule, TopUp
from domain.groups.service import Held, held_group
from domain.groups.tables import PaymentPolicy, PolicyStanding
from domain.kernel.errors import InvalidInput, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.wallet.owners import wallets_for_write

SHOWN = ("trigger_below", "trigger_unit", "amount", "day_of_month", "threshold", "wallet_id", "is_active", "notify_emails")


async def save(
    work: Work, *, policy_id: UUID | None, group_id: UUID | None, rule: Rule, wallet_id: UUID, emails: Sequence[str], is_active: bool
) -> Result:
    """Makes a policy of a group, or changes one; returns `policy`. Raises `NotFound`, `InvalidInput`, `NotEligible`."""
    rules.check_rule(rule)
    if len(emails) > rules.MOST_EMAILS:
        raise InvalidInput("error.too_many", field=("notifyEmails",), most=rules.MOST_EMAILS)
    policy, held = await _held(work, policy_id) if policy_id is not None else (None, await _group(work, group_id))
    group = held.group
    wallet = (await wallets_for_write(work.sql, work.scope, [wallet_id])).get(wallet_id)
    if wallet is None or wallet.organization_id != group.organization_id:
        raise NotFound(field=("walletId",))
    if wallet.owner.kind is not Kind.ACCOUNT:
        raise NotEligible("groups.wallet", field=("walletId",))
    values: dict[str, Any] = {
        "wallet_id": wallet_id, "is_active": is_active, "notify_emails": list(dict.fromkeys(emails)),
        "trigger_below": None, "trigger_unit": None, "amount": None, "day_of_month": None, "threshold": None,
    }  # fmt: skip
    if isinstance(rule, TopUp):
        values |= {"trigger_below": rule.trigger_below, "trigger_unit": rule.unit.value, "amount": rule.amount}
    else:
        values |= {"day_of_month": rule.day_of_month, "threshold": rule.threshold}
    if policy is None:
        of_group = (col(PaymentPolicy.organization_id) == group.organization_id, col(PaymentPolicy.group_id) == group.id)
        if (await work.sql.execute(select(func.count()).where(*of_group))).scalar_one() >= rules.MOST_POLICIES:
            raise InvalidInput("error.too_many", field=("groupId",), most=rules.MOST_POLICIES)
        policy = PaymentPolicy(id=uuid7(), organization_id=group.organization_id, group_id=group.id, created_at=work.at, **values)
        work.sql.add(policy)
        before: dict[str, object] = dict.fromkeys(SHOWN)
    else:
        before = {name: getattr(policy, name) for name in SHOWN}
        for name, value in values.items():
            setattr(policy, name, value)
        if before["trigger_below"] != policy.trigger_below or before["trigger_unit"] != policy.trigger_unit:
            await _forget(work, policy)
    for name in SHOWN:
        after = getattr(policy, name)
        if before[name] != after:
            money = Money(after) if name in ("amount", "threshold") and after is not None else None
            work.changed(None if policy_id is None else _ref(policy), group.name, _shown(name), before[name], after, money=money)
    if policy_id is not None and not work.changes:
        raise InvalidInput("groups.nothing")
    work.subjects.add(policy.id)
    await work.sql.flush()
    return {"policy": policy.id}


async def delete_policy(work: Work, policy_id: UUID) -> Result:
    """Ends a policy; what it paid stays in the books, and its runs; returns `deleted`. Raises `NotFound`."""
    policy, held = await _held(work, policy_id)
    work.changed(_ref(policy), held.group.name, "isActive", policy.is_active, None)
    await _forget(work, policy)
    await work.sql.delete(policy)
    await work.sql.flush()
    return {"deleted": policy.id}


def _ref(policy: PaymentPolicy) -> Ref:
    return Ref(Kind.PAYMENT_POLICY, policy.id)


def _shown(name: str) -> str:
    head, *rest = name.removesuffix("_id").split("_")
    return head + "".join(word.title() for word in rest)


async def _forget(work: Work, policy: PaymentPolicy) -> None:
    """Has lines stand to a policy as if it were new."""
    mine = (col(PolicyStanding.organization_id) == policy.organization_id, col(PolicyStanding.policy_id) == policy.id)
    await work.sql.execute(delete(PolicyStanding).where(*mine))


async def _group(work: Work, group_id: UUID | None) -> Held:
    if group_id is None:
        raise InvalidInput("groups.policy_group", field=("groupId",))
    return await held_group(work, group_id)


async def _held(work: Work, policy_id: UUID) -> tuple[PaymentPolicy, Held]:
    """A policy of a group in scope; raises `NotFound`."""
    wanted = select(PaymentPolicy).where(col(PaymentPolicy.id) == policy_id).with_for_update()
    policy = (await work.sql.scalars(wanted.execution_options(populate_existing=True))).one_or_none()
    if policy is None:
        raise NotFound(field=("policyId",))
    try:
        return policy, await held_group(work, policy.group_id)
    except NotFound:
        raise NotFound(field=("policyId",)) from None
