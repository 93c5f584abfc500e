"""Groups of a demo company: prepaid lines that are recharged by themselves once the worker looks, and vans whose bills are paid."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain.accounts.tables import Account, PaymentMode
from domain.groups.tables import PaymentPolicy, PaymentPolicyRun
from domain.kernel.errors import InsufficientFunds
from domain.kernel.locale import Locale
from domain.kernel.money import Money
from domain.kernel.permissions import Role
from domain.kernel.plan import Reason
from domain.kernel.quantity import Unit
from domain.kernel.text import fold
from domain.people.tables import Membership, Person
from domain.sims.states import SimStatus
from domain.sims.tables import GroupMember, SimGroup
from seeds.dice import Dice
from seeds.identities import NIKAZIN
from seeds.lines import Line
from store.session import Session

TOP = "100"
GROUPS = (
    ("تلفن‌های نگهبانی", PaymentMode.PREPAID, 6, ("بهمن یاوری", "+989350000021")),
    ("خودروهای پخش", PaymentMode.POSTPAID, 12, ("لیلا شکوهی", "+989350000022")),
)
"""Each with its manager, who signs in where the operator lets them (`SIMURGH_GROUP_MANAGERS_SIGN_IN`)."""
TRIGGER, AMOUNT = 100_000, 200_000
PAY_DAY = 10
MAIL = "maly@nikazin.example"
FAILED_AGO = timedelta(days=3, hours=2)


async def seed_groups(
    session: Session, dice: Dice, accounts: Mapping[tuple[str, str], Account], wallets: Mapping[UUID, UUID], lines: Sequence[Line], *,
    at: datetime,
) -> None:  # fmt: skip
    """Gives the first demo company two groups, each with a manager and a policy; one run in the past had too little money."""
    account, new_id, person_id = accounts[NIKAZIN, TOP], dice.ids("groups", at), dice.ids("group managers", at)
    for name, mode, most, manager in GROUPS:
        group = SimGroup(
            id=new_id(), organization_id=account.organization_id, account_id=account.id, name=name, name_fold=fold(name), created_at=at
        )  # fmt: skip
        session.add(group)
        await session.flush()
        await _appoint(session, group, manager, person_id)
        chosen = [line for line in lines if line.payment_mode == mode and line.status is SimStatus.ACTIVE and line.msisdn][:most]
        session.add_all(GroupMember(organization_id=group.organization_id, group_id=group.id, sim_id=line.id) for line in chosen)
        is_prepaid = mode is PaymentMode.PREPAID
        policy = PaymentPolicy(
            id=new_id(), organization_id=group.organization_id, group_id=group.id, wallet_id=wallets[account.id], is_active=True,
            trigger_below=TRIGGER if is_prepaid else None, trigger_unit=Unit.RIAL if is_prepaid else None,
            amount=AMOUNT if is_prepaid else None, day_of_month=None if is_prepaid else PAY_DAY, notify_emails=[MAIL],
            created_at=at - FAILED_AGO,
        )  # fmt: skip
        session.add(policy)
        await session.flush()
        if is_prepaid and chosen:
            why = Reason.of(InsufficientFunds(required=Money(AMOUNT), available=Money(0)))
            session.add(
                PaymentPolicyRun(
                    id=new_id(), organization_id=group.organization_id, path=chosen[0].path, policy_id=policy.id, sim_id=chosen[0].id,
                    occasion=f"{chosen[0].id.hex}:0", at=at - FAILED_AGO, amount=AMOUNT, failure=why.as_json(),
                )
            )  # fmt: skip
    await session.flush()


async def _appoint(session: Session, group: SimGroup, named: tuple[str, str], new_id: Callable[[], UUID]) -> None:
    """Has somebody manage a group."""
    name, mobile = named
    person = Person(id=new_id(), name=name, name_fold=fold(name), mobile=mobile, locale=Locale.FA, created_at=group.created_at)
    session.add(person)
    await session.flush()
    session.add(
        Membership(
            id=new_id(), organization_id=group.organization_id, person_id=person.id, role=Role.GROUP_MANAGER, account_id=group.account_id,
            group_id=group.id, valid_from=group.created_at,
        )
    )  # fmt: skip
