"""Fires payment policies: looks which lines crossed a trigger since it last looked, and pays once for each crossing (decision 0104).

A line's own money is followed by the entries of its wallet in the ledger, each with the balance after it: however late and however often
somebody looks, and from how many processes, the crossings are those of the books. Data is looked at as it stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, update
from sqlmodel import col, select

from domain.accounts.tables import Account, PaymentMode
from domain.audit.writing import Command, Result, Work, carry_out
from domain.groups import notices, paying, rules
from domain.groups.queries import IN_PLACE
from domain.groups.tables import PaymentPolicy, PaymentPolicyRun, PolicyStanding
from domain.kernel.clock import Clock
from domain.kernel.errors import DomainError, InsufficientFunds, LimitReached, NotFound
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode, Reason
from domain.kernel.quantity import Unit
from domain.kernel.scope import SYSTEM, system_scope
from domain.sims.states import SimStatus
from domain.sims.tables import GroupMember, Sim, SimGroup
from domain.wallet.ledger import Posting, lock, post
from domain.wallet.owners import Owned, opening, wallets_for_write
from domain.wallet.purses import house
from domain.wallet.rules import Leg
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerEntry, LedgerReason
from store.models import rows_changed
from store.outbox import Handler, Later, Round, Task, each
from store.session import Database, Session
from store.upsert import insert_or_ignore

SWEEP = "groups.sweep"
EVERY = timedelta(seconds=30)
AT_ONCE = 500


def handlers(database: Database, clock: Clock) -> dict[str, Handler]:
    """The outbox's handler that looks every half minute."""

    async def look(_: Task) -> None:
        at = clock.now()
        count = max(await sweep(database, at=at), await paying.pay_due(database, at=at))
        raise Later(at if count >= AT_ONCE else at + EVERY)

    return {SWEEP: Round(look)}


@dataclass(frozen=True, slots=True)
class _Moved:
    """A line whose standing to a policy may have changed."""

    policy_id: UUID
    sim_id: UUID


async def sweep(database: Database, *, at: datetime) -> int:
    """Fires what is to be fired, each line and policy in a transaction of its own; returns at how many it looked, at most 500."""
    async with database.read() as session:
        moved = await _moved(session)
    scope, command = system_scope(Permission.POLICY_MANAGE, at), Command("paymentPolicyRun", MutationMode.APPLY, "")
    await each(moved, lambda one: carry_out(database, scope, command, partial(_settle, one), at=at))
    return len(moved)


async def _moved(session: Session) -> Sequence[_Moved]:
    """Prepaid lines of active policies that nobody looked at yet, whose wallet has new entries, or whose figure passed the trigger."""
    policy, wallet, standing = PaymentPolicy, LedgerAccount, PolicyStanding
    columns: tuple[Any, ...] = (policy.id, Sim.id)
    mine = and_(
        col(standing.organization_id) == col(policy.organization_id), col(standing.policy_id) == col(policy.id),
        col(standing.sim_id) == col(Sim.id),
    )  # fmt: skip
    is_money, below = col(policy.trigger_unit) == Unit.RIAL.value, col(policy.trigger_below)
    has_moved = and_(is_money, col(wallet.entry_count) > col(standing.seen))
    is_elsewhere = or_(
        and_(is_money, col(wallet.id).is_(None), col(standing.is_below) != (func.coalesce(col(Sim.balance), 0) < below)),
        and_(~is_money, col(standing.is_below) != (col(Sim.data_remaining) < below)),
    )
    statement: Any = (
        select(*columns)
        .select_from(policy)
        .join(SimGroup, col(SimGroup.id) == col(policy.group_id))
        .join(Account, col(Account.id) == col(SimGroup.account_id))
        .join(GroupMember, col(GroupMember.group_id) == col(SimGroup.id))
        .join(Sim, IN_PLACE)
        .outerjoin(wallet, and_(col(wallet.id) == col(Sim.id), col(wallet.kind) == LedgerAccountKind.WALLET))
        .outerjoin(standing, mine)
        .where(col(policy.is_active), col(policy.amount).is_not(None))
        .where(col(Sim.payment_mode) == PaymentMode.PREPAID, col(Sim.status) != SimStatus.TERMINATED)
        .where(or_(col(standing.sim_id).is_(None), has_moved, is_elsewhere))
        .order_by(col(policy.id), col(Sim.id))
        .limit(AT_ONCE)
    )
    return [_Moved(policy_id, sim_id) for policy_id, sim_id in await session.execute(statement)]


async def _settle(one: _Moved, work: Work) -> Result:
    """Brings a line's standing up to date and fires for each crossing, unless another did so meanwhile."""
    policy = await work.sql.get(PaymentPolicy, one.policy_id)
    sim = await work.sql.get(Sim, one.sim_id)
    if policy is None or sim is None or not policy.is_active or policy.trigger_below is None:
        return {}
    place = {"organization_id": policy.organization_id, "policy_id": policy.id, "sim_id": sim.id}
    await insert_or_ignore(work.sql, PolicyStanding, [place | {"is_below": False, "crossings": 0, "seen": -1}])
    standing = (await work.sql.scalars(select(PolicyStanding).filter_by(**place).with_for_update())).one()
    seen, values = await _values(work.sql, policy, sim, standing)
    count, is_below = rules.crossings(standing.is_below, values, policy.trigger_below)
    claimed = (
        update(PolicyStanding)
        .filter_by(**place, is_below=standing.is_below, crossings=standing.crossings, seen=standing.seen)
        .values(is_below=is_below, crossings=standing.crossings + count, seen=seen)
        .execution_options(synchronize_session=False)
    )
    before = standing.crossings
    work.sql.expunge(standing)
    if rows_changed(await work.sql.execute(claimed)) and count:
        for crossing in range(before + 1, before + count + 1):
            await _fire(work, policy, sim, f"{sim.id.hex}:{crossing}")
    return {}


async def _values(session: Session, policy: PaymentPolicy, sim: Sim, standing: PolicyStanding) -> tuple[int, Sequence[int]]:
    """What is watched, each value after the one before, since somebody looked last; and up to which entry that is.

    Of a line that is new to a policy only how it stands now.
    """
    if policy.trigger_unit == Unit.BYTE.value:
        return 0, [sim.data_remaining]
    wallet = await session.get(LedgerAccount, sim.id, populate_existing=True)
    if wallet is None:
        return 0, [sim.balance or 0]
    if standing.seen < 0:
        return wallet.entry_count, [wallet.balance]
    entries = select(col(LedgerEntry.balance_after)).where(
        col(LedgerEntry.organization_id) == wallet.organization_id, col(LedgerEntry.ledger_account_id) == wallet.id,
        col(LedgerEntry.seq) > standing.seen, col(LedgerEntry.seq) <= wallet.entry_count,
    )  # fmt: skip
    return wallet.entry_count, (await session.scalars(entries.order_by(col(LedgerEntry.seq)))).all()


async def _fire(work: Work, policy: PaymentPolicy, sim: Sim, occasion: str) -> None:
    """Recharges a line, or says why that couldn't be done; either is told, once."""
    amount = policy.amount or 0
    run = {
        "id": uuid7(), "organization_id": policy.organization_id, "path": sim.path, "policy_id": policy.id, "sim_id": sim.id,
        "occasion": occasion, "at": work.at, "amount": amount, "transfer_id": None, "failure": None,
    }  # fmt: skip
    work.within(policy.organization_id, sim.path, sim.id, policy.id)
    failure: DomainError | None = None
    try:
        run["transfer_id"] = await _recharge(work, policy, sim, amount, Ref(Kind.PAYMENT_POLICY_RUN, UUID(str(run["id"]))))
    except DomainError as error:
        failure = error
        run["failure"] = Reason.of(error).as_json()
    await insert_or_ignore(work.sql, PaymentPolicyRun, [run])
    outcome = None if failure else amount
    work.changed(Ref(Kind.SIM, sim.id), sim.msisdn or sim.iccid, "balance", None, outcome, money=Money(amount) if outcome else None)
    await notices.tell(work, policy, sim, UUID(str(run["id"])), amount, failure)


async def _recharge(work: Work, policy: PaymentPolicy, sim: Sim, amount: int, cause: Ref) -> UUID:
    """Moves money from the policy's wallet to the line's own; what can't be is raised before anything is written."""
    found = await wallets_for_write(work.sql, work.scope, [policy.wallet_id, sim.id])
    payer, line = found.get(policy.wallet_id), found.get(sim.id)
    if payer is None or line is None:
        raise NotFound("groups.no_wallet")
    own = await house(work.sql, policy.organization_id)
    clearing = own[LedgerAccountKind.CLEARING]
    ids = [payer.wallet_id, line.wallet_id, *([clearing] if line.unbooked else [])]
    standing = await lock(work.sql, policy.organization_id, ids)
    available = standing[payer.wallet_id].available
    if available is not None and available < amount:
        await _open(work, line, clearing)
        raise InsufficientFunds(required=Money(amount), available=Money(available))
    ceiling = (await work.sql.execute(select(LedgerAccount.ceiling).where(col(LedgerAccount.id) == line.wallet_id))).scalar_one()
    if ceiling is not None and standing[line.wallet_id].balance + line.unbooked + amount > ceiling:
        await _open(work, line, clearing)
        raise LimitReached("wallet.ceiling")
    legs = (Leg(payer.wallet_id, -amount), Leg(line.wallet_id, amount, path=line.path))
    moving = Posting(legs, payer.path, LedgerReason.TRANSFER, SYSTEM, work.at, cause)
    work.within(policy.organization_id, payer.path, payer.wallet_id)
    await post(work.sql, policy.organization_id, [*opening(line, clearing, work.at), moving])
    return moving.id


async def _open(work: Work, line: Owned, clearing: UUID) -> None:
    """Books what the network said was on a line whose wallet was opened just now, though nothing else follows."""
    if line.unbooked:
        await post(work.sql, line.organization_id, opening(line, clearing, work.at))
