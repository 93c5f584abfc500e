"""What is agreed with postpaid accounts: where their bills go, cycle, time to pay, credit; and the deposits they leave."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account, PaymentMode
from domain.audit.writing import Result, Work
from domain.billing import rules
from domain.billing.places import places_of, terms_of
from domain.billing.rules import Terms
from domain.billing.tables import BillingTerms
from domain.hierarchy import service as hierarchy
from domain.hierarchy.queries import account_in_scope
from domain.kernel.errors import InvalidInput, NotEligible, NotFound
from domain.kernel.ids import Kind, Ref
from domain.kernel.money import Money
from domain.wallet.ledger import Posting, post
from domain.wallet.purses import bound, house, open_wallet, purse
from domain.wallet.rules import Leg, movement
from domain.wallet.tables import LedgerAccount, LedgerAccountKind, LedgerReason

LARGEST = 10**12


async def account_update(work: Work, account_id: UUID, *, name: str | None, is_billed_here: bool | None) -> Result:
    """Renames an account or says where its bills go; returns `account`.

    Raises `NotFound`, `InvalidInput` for no change, `NotEligible` for a prepaid account, or one above which nobody takes its bills.
    """
    account = await _account(work, account_id)
    kept = await _terms(work, account)
    changes_bills = is_billed_here is not None and is_billed_here != kept.is_billed_here
    if changes_bills and is_billed_here is not None:
        await agree(work, account, replace(kept, is_billed_here=is_billed_here))
    if name is not None and (not changes_bills or name.strip() != account.name):
        return await hierarchy.account_update(work, account_id, name=name)
    if not changes_bills:
        raise InvalidInput("hierarchy.nothing", field=("name",))
    return {"account": account_id}


async def agree(work: Work, account: Account, terms: Terms) -> None:
    """Sets the terms of an account, from its next bill on; its wallet may fall as far below zero as the credit goes.

    Raises `InvalidInput`, `NotEligible` as `account_update` does or while more credit than that is used.
    """
    rules.check_terms(terms)
    if account.payment_mode != PaymentMode.POSTPAID:
        raise NotEligible("billing.prepaid", field=("isBilledHere",))
    kept = await _terms(work, account)
    if not terms.is_billed_here:
        await _check_above(work, account)
    work.within(account.organization_id, account.path, account.id)
    for field in ("is_billed_here", "cycle_months", "due_days", "credit_limit"):
        before, after = getattr(kept, field), getattr(terms, field)
        if before != after:
            head, *rest = field.split("_")
            work.changed(Ref(Kind.ACCOUNT, account.id), account.number, head + "".join(map(str.title, rest)), before, after)
    if terms.credit_limit != kept.credit_limit:
        await _lend(work, account, terms.credit_limit)
    row = BillingTerms(
        account_id=account.id, organization_id=account.organization_id, is_billed_here=terms.is_billed_here,
        cycle_months=terms.cycle_months, due_days=terms.due_days, credit_limit=terms.credit_limit,
    )  # fmt: skip
    await work.sql.merge(row)
    await work.sql.flush()


async def deposit(work: Work, account_id: UUID, amount: int) -> Result:
    """Books so many rials taken as an account's deposit, or, negative, released; returns `transfer`.

    Raises `NotFound`, `InvalidInput`, `NotEligible` for a prepaid account, `InsufficientFunds` for more than there is.
    """
    account = await _account(work, account_id)
    if account.payment_mode != PaymentMode.POSTPAID:
        raise NotEligible("billing.prepaid")
    if not 0 < abs(amount) <= LARGEST:
        raise InvalidInput("wallet.amount", field=("amount",), most=LARGEST)
    organization_id, owner = account.organization_id, Ref(Kind.ACCOUNT, account.id)
    held = await purse(work.sql, organization_id, owner, LedgerAccountKind.DEPOSIT, floor=0)
    clearing = (await house(work.sql, organization_id))[LedgerAccountKind.CLEARING]
    legs = movement(Leg(held, amount), Leg(clearing, -amount))
    posting = Posting(legs, account.path, LedgerReason.DEPOSIT, work.scope.actor, work.at)
    await post(work.sql, organization_id, [posting])
    balance = (await work.sql.execute(select(LedgerAccount.balance).where(col(LedgerAccount.id) == held))).scalar_one()
    work.within(organization_id, account.path, account.id)
    work.changed(Ref(Kind.ACCOUNT, account.id), account.number, "deposit", balance - amount, balance, money=Money(amount))
    return {"transfer": posting.id}


async def agree_some(work: Work, account_id: UUID, **changed: Any) -> Result:
    """Sets those terms of an account that aren't null; returns `account`. Raises what `agree` does, `InvalidInput` for no change."""
    account = await _account(work, account_id)
    kept = await _terms(work, account)
    wanted = replace(kept, **{name: value for name, value in changed.items() if value is not None})
    if wanted == kept:
        raise InvalidInput("hierarchy.nothing")
    await agree(work, account, wanted)
    return {"account": account_id}


async def _account(work: Work, account_id: UUID) -> Account:
    account = await account_in_scope(work.sql, work.scope, account_id)
    if account is None:
        raise NotFound(field=("accountId",))
    return account


async def _terms(work: Work, account: Account) -> Terms:
    row = await work.sql.get(BillingTerms, account.id)
    if row is None:
        return rules.usual_terms(account.depth)
    return Terms(row.is_billed_here, row.cycle_months, row.due_days, row.credit_limit)


async def _check_above(work: Work, account: Account) -> None:
    """Raises `NotEligible` when nobody above an account pays by bill."""
    places, terms = await places_of(work.sql, account.organization_id, work.at), await terms_of(work.sql, account.organization_id)
    higher = next((path for path in list(rules.above(account.path))[1:]), "")
    if rules.billed_at(higher, places, terms) is None:
        raise NotEligible("billing.nobody_above", field=("isBilledHere",))


async def _lend(work: Work, account: Account, credit_limit: int) -> None:
    """Lets an account's wallet fall so far below zero."""
    wallet_id = await open_wallet(work.sql, account.organization_id, Ref(Kind.ACCOUNT, account.id))
    if not await bound(work.sql, account.organization_id, wallet_id, floor=-credit_limit):
        raise NotEligible("billing.credit_in_use", field=("creditLimit",))
