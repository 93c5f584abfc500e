"""Making, renaming and moving accounts, and moving SIM cards: from now on, from an instant to come, or from one not long ago."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from domain.accounts.service import make_account, next_number
from domain.accounts.tables import Account, AccountEdge, PaymentMode
from domain.audit.writing import Result, Work
from domain.hierarchy import queries, rules
from domain.hierarchy.present import hold, settle
from domain.hierarchy.rules import Placed, Rehung, Stay
from domain.jobs.deeds import Decision, Deed, Request, Target
from domain.jobs.states import JobKind
from domain.kernel.errors import DomainError, InvalidInput, NotEligible, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.text import fold
from domain.sims.states import SimStatus
from domain.sims.tables import Sim, SimPlacement
from domain.sims.transitions import label, sims_for_update
from domain.wallet.purses import open_wallet
from store.models import table_of
from store.statements import among
from store.upsert import insert_all

SERIES = "accounts"
_EDGE: Any = table_of(AccountEdge)
_PLACEMENT: Any = table_of(SimPlacement)


async def account_create(work: Work, parent_id: UUID, *, name: str, payment_mode: PaymentMode) -> Result:
    """Makes an account with a wallet below another; returns `account`. Raises `NotFound`, `InvalidInput`, `NotEligible` if too deep."""
    name = rules.name(name)
    (parent,) = await _held(work, (parent_id, "parentId"))
    rules.check_depth(parent.depth + 1)
    number = await _free_number(work, parent.organization_id)
    account = await make_account(
        work.sql, parent.organization_id, id=uuid7(), number=number, name=name, parent_id=parent.id, payment_mode=payment_mode, at=work.at
    )
    await open_wallet(work.sql, account.organization_id, Ref(Kind.ACCOUNT, account.id))
    work.within(account.organization_id, account.path, account.id)
    work.changed(None, name, "parent", None, _label(parent))
    work.changed(None, name, "paymentMode", None, payment_mode)
    return {"account": account.id}


async def account_update(work: Work, account_id: UUID, *, name: str | None) -> Result:
    """Renames an account; returns `account`. Raises `NotFound`, `InvalidInput` for no change."""
    (account,) = await _held(work, (account_id, "accountId"))
    work.within(account.organization_id, account.path, account.id)
    wanted = rules.name(name) if name is not None else account.name
    if wanted == account.name:
        raise InvalidInput("hierarchy.nothing", field=("name",))
    work.changed(Ref(Kind.ACCOUNT, account.id), _label(account), "name", account.name, wanted)
    account.name, account.name_fold = wanted, fold(wanted)
    return {"account": account.id}


async def account_move(work: Work, account_id: UUID, parent_id: UUID, *, effective_at: datetime | None = None) -> Result:
    """Hangs an account with all below it under another from an instant on; returns `account`.

    What is planned for it later is given up, and the plan says so. Raises what `rules.instant` and `rules.rehang` raise, `NotFound`,
    `NotEligible` for another organization.
    """
    when = rules.instant(effective_at, at=work.at)
    account, parent = await _held(work, (account_id, "accountId"), (parent_id, "parentId"))
    organization_id = account.organization_id
    own = await queries.stays_of(work.sql, organization_id, account.id, since=when)
    above = await queries.stays_of(work.sql, organization_id, parent.id, since=when)
    below = await queries.stays_below(work.sql, organization_id, [stay.path for stay in own], since=when)
    rehung = rules.rehang(own, below, above, when=when, at=work.at)
    work.within(organization_id, account.path, account.id)
    work.within(organization_id, parent.path, parent.id)
    await _tell_move(work, account, parent, rehung, effective_at)
    await _rewrite(work, organization_id, below, rehung.stays)
    await work.afterwards_each(await settle(work.sql, organization_id, when=when, at=work.at))
    return {"account": account.id}


@dataclass(frozen=True, slots=True)
class _Placing:
    """Cards that go under an account at an instant, each with the stay that ends and those that are given up."""

    target: Account
    when: datetime
    moves: Mapping[UUID, tuple[Placed | None, Sequence[Placed]]]


def move_request(account_id: UUID, effective_at: datetime | None) -> Request:
    """What `simMove` asks for, as a job keeps it."""
    return {"account_id": account_id.hex, "effective_at": effective_at.isoformat() if effective_at else None}


async def _decide_placing(work: Work, request: Request, targets: Sequence[Target]) -> Decision:
    """Stands cards under an account from an instant on.

    What is planned for one of them later is given up, and the plan says so. Raises `InvalidInput`, `NotFound` for the account,
    `StateConflict` when that wasn't there yet.
    """
    effective_at = datetime.fromisoformat(request["effective_at"]) if request["effective_at"] else None
    when = rules.instant(effective_at, at=work.at)
    (target,) = await _held(work, (UUID(request["account_id"]), "accountId"))
    if target.created_at > when:
        raise StateConflict("hierarchy.not_there_yet", field=("effectiveAt", "accountId"))
    wanted = [row.subject_id for row in targets if row.subject_id]
    cards = await sims_for_update(work.sql, work.scope, wanted, locks=not work.is_looking)
    stays = await queries.placements_of(work.sql, target.organization_id, wanted, since=when)
    names = await queries.labels(work.sql, [target.id, *(stay.account_id for each in stays.values() for stay in each)])
    work.within(target.organization_id, target.path, target.id)
    moves: dict[UUID, tuple[Placed | None, Sequence[Placed]]] = {}
    decision = Decision()
    for row in targets:
        card = cards.get(row.subject_id) if row.subject_id else None
        if card is None:
            decision.leave_out(row, NotFound(field=("sims", "ids")))
            continue
        try:
            moves[card.id] = _decided(card, target, stays.get(card.id, ()), when, work.at)
        except DomainError as error:
            decision.leave_out(row, error, subject=Ref(Kind.SIM, card.id), label=label(card))
            continue
        work.within(card.organization_id, card.path, card.id)
        _tell_placement(work, card, target, *moves[card.id], names)
    if moves:
        decision.acts.append(_Placing(target, when, moves))
        if effective_at is not None:
            work.changed(Ref(Kind.ACCOUNT, target.id), _label(target), "effectiveAt", None, effective_at)
    return decision


async def _act_placing(work: Work, placings: Sequence[_Placing]) -> None:
    """Keeps the dated rows, and what follows from them by now."""
    for placing in placings:
        await _place(work, placing.target, placing.moves, placing.when)
        await work.afterwards_each(await settle(work.sql, placing.target.organization_id, when=placing.when, at=work.at))


MOVE = Deed("simMove", JobKind.SIM_CHANGE, Kind.SIM, "sims", _decide_placing, _act_placing)


def _decided(
    card: Sim, target: Account, stays: Sequence[Placed], when: datetime, at: datetime
) -> tuple[Placed | None, Sequence[Placed]]:
    """What a move ends and gives up of a card's stays."""
    if card.organization_id != target.organization_id:
        raise NotEligible("hierarchy.other_organization", field=("accountId",))
    if card.status == SimStatus.TERMINATED:
        raise StateConflict("sims.not_in_use")
    return rules.place(stays, target.id, when=when, at=at)


def _tell_placement(
    work: Work, card: Sim, target: Account, before: Placed | None, given_up: Sequence[Placed], names: Mapping[UUID | None, str]
) -> None:
    """What a plan and the audit trail show of one card's move."""
    ref, told = Ref(Kind.SIM, card.id), label(card)
    if before is None or before.account_id != target.id:
        work.changed(ref, told, "account", names[before.account_id] if before else None, names[target.id])
    for stay in given_up:
        work.changed(ref, told, "placements", _planned(names[stay.account_id], stay.begins), None)


async def _held(work: Work, *named: tuple[UUID, str]) -> list[Account]:
    """Accounts in scope by id and field, of one organization, whose tree stands still from here on; raises `NotFound`."""
    organizations = []
    for account_id, field in named:
        found = await queries.account_in_scope(work.sql, work.scope, account_id)
        if found is None:
            raise NotFound(field=(field,))
        organizations.append(found.organization_id)
    if len(set(organizations)) > 1:
        raise NotEligible("hierarchy.other_organization", field=(named[-1][1],))
    if not work.is_looking:
        await hold(work.sql, organizations[0], at=work.at)
    held = []
    for account_id, field in named:  # as they hang now that nobody else moves them
        account = await queries.account_in_scope(work.sql, work.scope, account_id)
        if account is None:
            raise NotFound(field=(field,))
        held.append(account)
    return held


async def _free_number(work: Work, organization_id: UUID) -> str:
    """The next number that no account of the organization bears: some came in with a file."""
    while True:
        number = f"AC-{await next_number(work.sql, organization_id, SERIES):05}"
        taken = select(col(Account.id)).where(col(Account.organization_id) == organization_id, col(Account.number) == number)
        if (await work.sql.scalars(taken)).one_or_none() is None:
            return number


async def _tell_move(work: Work, account: Account, parent: Account, rehung: Rehung, effective_at: datetime | None) -> None:
    """What a plan and the audit trail show of a move."""
    ref, told, before = Ref(Kind.ACCOUNT, account.id), _label(account), rehung.before.parent_id
    names = await queries.labels(work.sql, [before, parent.id, *(stay.parent_id for stay in rehung.given_up)])
    if before != parent.id:
        work.changed(ref, told, "parent", names[before], names[parent.id])
    for stay in rehung.given_up:
        work.changed(ref, told, "parent", _planned(names[stay.parent_id], stay.begins), None)
    if effective_at is not None:
        work.changed(ref, told, "effectiveAt", None, effective_at)


async def _rewrite(work: Work, organization_id: UUID, before: Sequence[Stay], after: Sequence[Stay]) -> None:
    """Puts the dated rows of accounts from what they were to what they are to be."""
    ends, kept = {stay.id: stay.ends for stay in before}, {stay.id for stay in after}
    changed: dict[datetime | None, list[UUID | None]] = {}
    for stay in after:
        if stay.id is not None and ends[stay.id] != stay.ends:
            changed.setdefault(stay.ends, []).append(stay.id)
    await _drop(work, _EDGE, [stay.id for stay in before if stay.id not in kept])
    for end, ids in changed.items():
        await _end(work, _EDGE, ids, end)
    made = (
        {
            "id": uuid7(), "organization_id": organization_id, "account_id": stay.account_id, "parent_id": stay.parent_id,
            "path": stay.path, "depth": stay.depth, "valid_from": stay.begins, "valid_to": stay.ends,
        }
        for stay in after if stay.id is None
    )  # fmt: skip
    await insert_all(work.sql, AccountEdge, made)


async def _place(
    work: Work, target: Account, moves: Mapping[UUID, tuple[Placed | None, Sequence[Placed]]], when: datetime
) -> None:
    """Puts the dated rows of cards so; one that stands under the account already goes on doing so."""
    staying = {sim_id for sim_id, (before, _) in moves.items() if before and before.account_id == target.id}
    await _drop(work, _PLACEMENT, [stay.id for _, given_up in moves.values() for stay in given_up])
    await _end(work, _PLACEMENT, [before.id for sim_id, (before, _) in moves.items() if before and sim_id not in staying], when)
    await _end(work, _PLACEMENT, [before.id for sim_id, (before, _) in moves.items() if before and sim_id in staying], None)
    made = (
        {"id": uuid7(), "organization_id": target.organization_id, "sim_id": sim_id, "account_id": target.id, "valid_from": when}
        for sim_id in moves if sim_id not in staying
    )  # fmt: skip
    await insert_all(work.sql, SimPlacement, made)


async def _drop(work: Work, table: Any, ids: Sequence[UUID | None]) -> None:
    if ids:
        await (await work.sql.connection()).execute(delete(table).where(among(table.c.id, "ids")), {"ids": ids})


async def _end(work: Work, table: Any, ids: Sequence[UUID | None], at: datetime | None) -> None:
    if ids:
        ended = update(table).where(among(table.c.id, "ids")).values(valid_to=at)
        await (await work.sql.connection()).execute(ended, {"ids": ids})


def _label(account: Account) -> str:
    return f"{account.number} {account.name}"


def _planned(name: str, begins: datetime) -> str:
    """How a plan shows a stay that was to begin some day."""
    return f"{name}, {begins.astimezone(UTC).isoformat().replace('+00:00', 'Z')}"
