"""What a line's holder, who doesn't sign in, asks by SMS: money from the manager (MU-02), or to be left out of transfers (MU-08)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func
from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.approvals.asking import Request, ask, asked_of_managers
from domain.approvals.deciding import SUBJECTS, Subject
from domain.approvals.tables import Approval, ApprovalState
from domain.audit.writing import Command, Result, Work, carry_out, fingerprint
from domain.catalogue.queries import vat_rate
from domain.kernel.errors import AlreadyExists, DomainError, NotEligible, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.money import Money
from domain.kernel.permissions import Permission
from domain.kernel.plan import ApprovalReason, MutationMode
from domain.kernel.scope import ActorRef, Reach, Scope, system_scope
from domain.notifications.ports import SmsSender
from domain.sims.tables import Sim
from domain.transfers import notices, rules
from domain.transfers.notices import ANSWER_KIND
from domain.transfers.policies import policies_at
from domain.transfers.rules import Wish
from domain.transfers.service import TransferRequest, count_fee, lines_of, transfer
from domain.transfers.tables import TransferOptOut
from domain.wallet.ledger import Posting, post
from domain.wallet.owners import Owned, opened
from domain.wallet.purses import house
from domain.wallet.rules import sale
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason
from store import outbox
from store.models import rows_changed
from store.outbox import Handler
from store.session import Database, Session
from store.upsert import insert_or_ignore

K = LedgerAccountKind
A_DAY = 5
"""Requests of a line that are taken within a day."""


async def heard(database: Database, number: str, wish: Wish, *, call_id: UUID, at: datetime) -> None:
    """Does what an SMS of a line's number (E.164) asks for, once a call, and has its holder told what became of it.

    A number that is nobody's gets no answer. Raises `AlreadyExists` for a call whose wish was granted before.
    """
    async with database.read() as session:
        line = (await session.scalars(select(Sim).where(Sim.msisdn == number))).one_or_none()
    if line is None:
        return
    holder = ActorRef(line.id, number)
    command = Command("holderSms", MutationMode.APPLY, fingerprint({"number": number, "wish": str(wish)}), idempotency_key=call_id)
    scope, reference = system_scope(Permission.WALLET_TRANSFER, at, by=holder), rules.reference(call_id)

    async def service(work: Work) -> Result:
        return await _do(work, line.id, wish, reference)

    try:
        done = await carry_out(database, scope, command, service, at=at)
    except DomainError as error:
        async with database.write() as session:
            params = {name: _plain(value) for name, value in error.params.items()}
            said = {"key": error.message_key, "params": params, "reference": reference}
            await _answer(session, line.organization_id, number, said, f"{ANSWER_KIND}:{call_id.hex}", at)
        return
    if done.is_replay:
        raise AlreadyExists


async def _do(work: Work, sim_id: UUID, wish: Wish, reference: str) -> Result:
    with rules.referring(reference):
        if wish.amount is None:
            return await transfers_close(work, sim_id, reference)
        return await credit_request(work, sim_id, wish.amount, reference)


async def credit_request(work: Work, sim_id: UUID, amount: int, reference: str) -> Result:
    """Asks the managers of a line's account for so much money; returns `approval`, under which the money is moved once one says yes.

    Raises `NotFound`, `InvalidInput`, `NotEligible`, `StateConflict` while a request of the line waits or too many were made today,
    `InsufficientFunds` when the line can't pay what asking costs.
    """
    wallet = await opened(work.sql, work.scope, sim_id, work.at)
    if wallet is None:
        raise NotEligible("transfer.no_money")
    work.within(wallet.organization_id, wallet.path, wallet.wallet_id)
    terms = (await policies_at(work.sql, wallet.organization_id, work.at))[Kind.SIM]
    rules.check_amount(rules.Terms("asked"), amount)
    (line,) = await lines_of(work.sql, wallet)
    rules.check_receiver(terms, line)
    await _check_others(work, wallet)
    account_id = wallet.line.account_id if wallet.line else wallet.owner.id
    if terms.request_fee:
        await _charge(work, wallet, terms.request_fee)
    before = (await work.sql.scalars(select(LedgerAccount.balance).where(LedgerAccount.id == wallet.wallet_id))).one()
    work.changed(Ref(Kind.WALLET, wallet.wallet_id), wallet.label, "balance", before, before + amount, money=Money(amount))
    asked = await asked_of_managers(work.sql, wallet.organization_id, account_id, at=work.at)
    request = Request(wallet.owner, wallet.organization_id, account_id, wallet.path, amount)
    id = await ask(work, request, asked, ApprovalReason.CREDIT_REQUEST)
    said = {"key": "transfer.asked", "params": {"amount": amount}, "reference": reference}
    await _answer(work.sql, wallet.organization_id, wallet.label, said, f"{ANSWER_KIND}:{id.hex}", work.at)
    return {"approval": id}


async def transfers_close(work: Work, sim_id: UUID, reference: str) -> Result:
    """Lets no more money out of a line or into it (MU-08) until the operator opens it again; a second time changes nothing."""
    line = (await work.sql.scalars(select(Sim).where(col(Sim.id) == sim_id))).one()
    work.within(line.organization_id, line.path, line.id)
    row = {"organization_id": line.organization_id, "sim_id": line.id, "since": work.at}
    if await insert_or_ignore(work.sql, TransferOptOut, [row]):
        work.changed(Ref(Kind.SIM, line.id), line.msisdn or line.iccid, "transfers", "OPEN", "CLOSED")
    said = {"key": "transfer.closed", "params": {}, "reference": reference}
    await _answer(work.sql, line.organization_id, line.msisdn or "", said, f"{ANSWER_KIND}:{uuid7().hex}", work.at)
    return {"sim": line.id}


async def transfers_open(work: Work, number: str) -> Result:
    """Lets money out of a line of this number and into it again. Raises `NotFound`."""
    line = (await work.sql.scalars(select(Sim).where(col(Sim.msisdn) == number))).one_or_none()
    if line is None:
        raise NotFound(field=("number",))
    work.scope.require(line.organization_id, line.path, "number")
    work.within(line.organization_id, line.path, line.id)
    gone = delete(TransferOptOut).where(col(TransferOptOut.organization_id) == line.organization_id, col(TransferOptOut.sim_id) == line.id)
    if rows_changed(await work.sql.execute(gone)):
        work.changed(Ref(Kind.SIM, line.id), number, "transfers", "CLOSED", "OPEN")
    return {"sim": line.id}


async def _check_others(work: Work, wallet: Owned) -> None:
    """One request of a line waits at a time, and a few are taken within a day; the line's card is locked."""
    of_line = (
        col(Approval.organization_id) == wallet.organization_id, col(Approval.subject_id) == wallet.owner.id,
        col(Approval.reason) == ApprovalReason.CREDIT_REQUEST,
    )  # fmt: skip
    statement = select(Approval.state).where(*of_line, col(Approval.requested_at) > work.at - timedelta(days=1))
    states = (await work.sql.scalars(statement)).all()
    waiting = select(func.count()).select_from(Approval).where(*of_line, col(Approval.state) == ApprovalState.PENDING)
    if (await work.sql.execute(waiting)).scalar_one():
        raise StateConflict("transfer.request_waits")
    if len(states) >= A_DAY:
        raise StateConflict("transfer.requests", most=A_DAY)


async def _charge(work: Work, wallet: Owned, fee: int) -> None:
    """What asking costs, taken of the line (MU-07)."""
    own = await house(work.sql, wallet.organization_id)
    price = rules.fee_price(fee, await vat_rate(work.sql, work.at))
    legs = sale(price, wallet=wallet.wallet_id, revenue=own[K.REVENUE], tax=own[K.TAX])
    paying = Posting(legs, wallet.path, LedgerReason.FEE, work.scope.actor, work.at, wallet.owner)
    await count_fee(work, wallet, fee, paying.id)
    await post(work.sql, wallet.organization_id, [paying])


async def _paying(session: Session, organization_id: UUID, path: str) -> UUID:
    """The wallet that a line is given money from: that of its account, or of the nearest one above that has one."""
    above = [path[: place + 1] for place, sign in enumerate(path) if sign == "."]
    of_account = (col(LedgerAccount.organization_id) == col(Account.organization_id)) & (col(LedgerAccount.owner_id) == col(Account.id))
    statement = (
        select(LedgerAccount.id)
        .join(Account, of_account)
        .where(col(Account.organization_id) == organization_id, col(Account.path).in_(above), col(LedgerAccount.kind) == K.WALLET)
        .order_by(col(Account.depth).desc())
        .limit(1)
    )
    found: UUID | None = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise NotEligible("wallet.none")
    return found


async def _grant(work: Work, approval: Approval) -> None:
    """Moves what was asked for, as whoever said yes; the yes covers the wallet it comes from, wherever that account hangs."""
    line = await work.sql.get_one(Sim, approval.subject_id)
    source = await _paying(work.sql, line.organization_id, line.path)
    reach = Scope(work.scope.actor, Permission.WALLET_TRANSFER, (Reach(line.organization_id),), work.at)
    request = TransferRequest(
        source, line.id, approval.amount or 0, rules.reference(approval.id), approval.note, Ref(Kind.APPROVAL, approval.id)
    )
    await transfer(work, request, reach=reach)


async def _refuse(work: Work, approval: Approval) -> None:
    """Has the holder told that nothing comes of it."""
    line = await work.sql.get_one(Sim, approval.subject_id)
    said = {"key": "transfer.not_granted", "params": {"amount": approval.amount}, "reference": rules.reference(approval.id)}
    await _answer(work.sql, line.organization_id, line.msisdn or "", said, f"{ANSWER_KIND}:{approval.id.hex}:end", work.at)


SUBJECTS[Kind.SIM] = Subject(_grant, _refuse)


async def _answer(session: Session, organization_id: UUID, number: str, said: Mapping[str, object], key: str, at: datetime) -> None:
    """Puts an answer to a line's holder into the outbox, once for each key."""
    notice = uuid7()
    payload = {"organization": organization_id.hex, "number": number, "notice": notice.hex, **said}
    await outbox.send(session, ANSWER_KIND, payload, subject=f"{ANSWER_KIND}:{notice.hex}", key=key, at=at, organization_id=organization_id)


def handlers(database: Database, sms: SmsSender) -> Mapping[str, Handler]:
    """The outbox's handlers of what both sides of transfers and holders who ask are told."""
    return notices.handlers(database, sms)


def _plain(value: object) -> object:
    return value if isinstance(value, int | str) else str(value)
