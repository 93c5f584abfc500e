"""Writing from the operator's command line: as the system, planned or done, told in a sentence."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import typer

from api.settings import Settings
from domain.audit.writing import Command, Done, Result, Work, carry_out
from domain.kernel.clock import SystemClock
from domain.kernel.errors import DomainError
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import CONSOLE, Scope, system_scope
from store.session import Database

Service = Callable[[Work], Awaitable[Result]]
PlanOnly = Annotated[bool, typer.Option("--plan", help="Show what would change and change nothing.")]
Language = Annotated[Locale, typer.Option(help="Language of what is told.", case_sensitive=False)]
Organization = Annotated[str, typer.Option(help="National id of the company.")]


def write(
    settings: Settings, mutation: str, right: Permission, service_on: Callable[[Database], Service], *, plan: bool, language: Locale
) -> Done:
    """Carries a service out as the system, says what changed, or in a sentence why not."""

    async def run(at: datetime, scope: Scope) -> Done:
        database = Database(settings.database_url)
        command = Command(mutation, MutationMode.PLAN if plan else MutationMode.APPLY, "")
        try:
            return await carry_out(database, scope, command, service_on(database), at=at)
        finally:
            await database.close()

    at = SystemClock().now()
    try:
        done = asyncio.run(run(at, system_scope(right, at, by=CONSOLE)))
    except DomainError as fault:
        typer.echo(text(fault.message_key, language, **fault.params), err=True)
        raise typer.Exit(1) from None
    for change in done.plan.changes:
        typer.echo(f"{change.label}: {change.field}: {change.before or '–'} → {change.after or '–'}")
    return done
