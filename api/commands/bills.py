"""`simurgh bill` and `simurgh deposit`: the operator makes the bills of a month, agrees terms with accounts, and keeps their deposits."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from api.commands.console import Language, Organization, PlanOnly, write
from api.commands.options import Data
from api.settings import Settings, read_settings
from api.world import open_world
from domain.audit.writing import Command, Result, Work, carry_out
from domain.billing import issuing, terms
from domain.billing.counting import SETTLED, TakenOver
from domain.billing.queries import held_bills, postpaid_organizations
from domain.billing.running import Wish, run
from domain.kernel.calendar import JalaliMonth
from domain.kernel.clock import SystemClock
from domain.kernel.errors import DomainError
from domain.kernel.identifiers import parse_legal_id
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import CONSOLE, system_scope
from domain.people.queries import place
from store.session import Database

app = typer.Typer(help="Bills of postpaid accounts.", no_args_is_help=True)
deposits = typer.Typer(help="Deposits of postpaid accounts.", no_args_is_help=True)
Month = Annotated[str, typer.Option(help="Jalali month, such as 1405-07.")]
Only = Annotated[str | None, typer.Option("--organization", help="National id of the company; without it: every company.")]
Account = Annotated[str, typer.Option(help="Number of the account.")]
Amount = Annotated[int, typer.Option(help="Rials.", min=1)]
MOST_TRIES = 20
SECONDS_BETWEEN = 3.0


@app.command("run")
def make(
    month: Month, organization: Only = None,
    hold: Annotated[bool, typer.Option("--hold", help="Hold the bills back for a check; `bill issue` issues them.")] = False,
    language: Language = Locale.EN, data: Data = None,
) -> None:  # fmt: skip
    """Makes the bills of a month that is over, or goes on where a run was cut off; doing it again changes nothing."""
    _told(language, lambda: asyncio.run(_make(read_settings(data_dir=data), JalaliMonth.parse(month), organization, hold)))


@app.command("issue")
def issue(month: Month, organization: Only = None, language: Language = Locale.EN, data: Data = None) -> None:
    """Issues the bills of a month that were held back."""
    _told(language, lambda: asyncio.run(_issue(read_settings(data_dir=data), JalaliMonth.parse(month), organization)))


@app.command("terms")
def agree(
    organization: Organization, account: Account,
    here: Annotated[bool | None, typer.Option("--here/--above", help="Bills on the account, or on the one above.")] = None,
    cycle_months: Annotated[int | None, typer.Option(help="Jalali months of a cycle, 1 or 2.")] = None,
    due_days: Annotated[int | None, typer.Option(help="Days to pay.")] = None,
    credit_limit: Annotated[int | None, typer.Option(help="Credit in rials: how far the wallet may fall below zero.")] = None,
    plan: PlanOnly = False, language: Language = Locale.EN, data: Data = None,
) -> None:  # fmt: skip
    """Agrees terms with a postpaid account, from its next bill on."""
    given = {"is_billed_here": here, "cycle_months": cycle_months, "due_days": due_days, "credit_limit": credit_limit}

    async def agreed(work: Work) -> Result:
        return await terms.agree_some(work, await _account_id(work, organization, account), **given)

    write(read_settings(data_dir=data), "billingTerms", Permission.BILL_READ, lambda _: agreed, plan=plan, language=language)


@deposits.command("take")
def take(
    organization: Organization, account: Account, amount: Amount, plan: PlanOnly = False, language: Language = Locale.EN, data: Data = None
) -> None:
    """Books a deposit that an account left."""
    _deposit(organization, account, amount, plan, language, data)


@deposits.command("release")
def release(
    organization: Organization, account: Account, amount: Amount, plan: PlanOnly = False, language: Language = Locale.EN, data: Data = None
) -> None:
    """Books a deposit, or a part of it, that an account got back."""
    _deposit(organization, account, -amount, plan, language, data)


def _deposit(organization: str, account: str, amount: int, plan: bool, language: Locale, data: Path | None) -> None:
    async def deposited(work: Work) -> Result:
        return await terms.deposit(work, await _account_id(work, organization, account), amount)

    write(read_settings(data_dir=data), "deposit", Permission.BILL_READ, lambda _: deposited, plan=plan, language=language)


async def _account_id(work: Work, organization: str, account: str) -> UUID:
    found = (await place(work.sql, work.scope, parse_legal_id(organization), account)).account_id
    assert found is not None  # noqa: S101 (a number was given)
    return found


def _told(language: Locale, act: Callable[[], None]) -> None:
    """Says in a sentence why something can't be done."""
    try:
        act()
    except DomainError as fault:
        typer.echo(text(fault.message_key, language, **fault.params), err=True)
        raise typer.Exit(1) from None


async def _make(settings: Settings, month: JalaliMonth, legal_id: str | None, is_held: bool) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with open_world(settings) as world:
        with Progress(*columns, console=Console(stderr=True)) as bar:
            for organization_id, name in await _organizations(world.database, legal_id):
                at = SystemClock().now()
                wish = Wish(organization_id, month, at, max(at - SETTLED, month.ends_at), is_held, CONSOLE)
                await _run(world.database, wish, bar, bar.add_task(f"{name} {month}", total=None))


async def _run(database: Database, wish: Wish, bar: Progress, task: TaskID) -> None:
    """Runs to the end; where a worker counts or bills just now, in turns with it."""
    for left in reversed(range(MOST_TRIES)):
        try:
            async for progress in run(database, wish):
                bar.update(task, completed=progress.done, total=progress.total)
            return
        except TakenOver:
            if not left:
                raise
            await asyncio.sleep(SECONDS_BETWEEN)


async def _issue(settings: Settings, month: JalaliMonth, legal_id: str | None) -> None:
    database, at = Database(settings.database_url), SystemClock().now()
    try:
        for organization_id, _ in await _organizations(database, legal_id):
            async with database.read() as session:
                held = await held_bills(session, organization_id, month)
            for bill_id in held:
                scope, command = system_scope(Permission.BILL_READ, at, by=CONSOLE), Command("billIssue", MutationMode.APPLY, "")
                await carry_out(database, scope, command, partial(issuing.release, bill_id=bill_id), at=at)
    finally:
        await database.close()


async def _organizations(database: Database, legal_id: str | None) -> list[tuple[UUID, str]]:
    async with database.read() as session:
        return await postpaid_organizations(session, parse_legal_id(legal_id) if legal_id else None)
