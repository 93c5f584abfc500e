"""`simurgh manager` and `simurgh staff`: the operator's console appoints companies' managers (N3) and the operator's own people."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.commands.options import Data
from api.settings import read_settings, sealer_of
from auth import totp
from auth.wiring import Auth
from domain.audit.writing import Command, Done, Result, Work, carry_out
from domain.kernel.clock import SystemClock
from domain.kernel.errors import DomainError
from domain.kernel.identifiers import parse_email, parse_legal_id, parse_msisdn
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.permissions import Permission, Role
from domain.kernel.plan import MutationMode
from domain.kernel.scope import CONSOLE, Scope, system_scope
from domain.people import queries, service
from domain.people.service import Appointment, NamedPerson
from store.session import Database

managers = typer.Typer(help="Managers of companies.", no_args_is_help=True)
staff = typer.Typer(help="The operator's own people.", no_args_is_help=True)


class StaffRole(StrEnum):
    """Roles of the operator's own people."""

    SUPPORT = "SUPPORT"
    OPERATOR_ADMIN = "OPERATOR_ADMIN"


Name = Annotated[str, typer.Option(help="Name in full.")]
Mobile = Annotated[str, typer.Option(help="Mobile number, in any common spelling.")]
Email = Annotated[str | None, typer.Option(help="E-mail address.")]
Organization = Annotated[str, typer.Option(help="National id of the company.")]
Account = Annotated[str | None, typer.Option(help="Number of the account an account manager covers; without it: a profile manager.")]
PlanOnly = Annotated[bool, typer.Option("--plan", help="Show what would change and change nothing.")]
Language = Annotated[Locale, typer.Option(help="Language of what is told.", case_sensitive=False)]


@managers.command("appoint")
def appoint(
    name: Name, mobile: Mobile, organization: Organization, account: Account = None, email: Email = None, plan: PlanOnly = False,
    language: Language = Locale.EN, data: Data = None,
) -> None:  # fmt: skip
    """Appoints a profile manager of a company, or with --account an account manager."""

    async def grant(work: Work) -> Result:
        place = await queries.place(work.sql, work.scope, parse_legal_id(organization), account)
        person = NamedPerson(name, parse_msisdn(mobile), parse_email(email) if email else None)
        role = Role.PROFILE_MANAGER if account is None else Role.ACCOUNT_MANAGER
        return await service.grant_membership(work, Appointment(person, role, place.organization_id, place.account_id))

    _tell("membershipGrant", lambda _: grant, plan, language, data)


@managers.command("dismiss")
def dismiss(
    mobile: Mobile, organization: Organization, account: Account = None, plan: PlanOnly = False, language: Language = Locale.EN,
    data: Data = None,
) -> None:  # fmt: skip
    """Dismisses a manager at once: of the named account, or the profile manager."""

    async def revoke(work: Work) -> Result:
        place = await queries.place(work.sql, work.scope, parse_legal_id(organization), account)
        held = await queries.membership_at(work.sql, place, parse_msisdn(mobile), work.at)
        return await service.revoke_membership(work, held)

    _tell("membershipRevoke", lambda _: revoke, plan, language, data)


@staff.command("appoint")
def appoint_staff(
    name: Name,
    mobile: Mobile,
    role: Annotated[StaffRole, typer.Option(help="As what.")],
    email: Email = None,
    language: Language = Locale.EN,
    data: Data = None,
) -> None:
    """Appoints one of the operator's own people and prints the address of their authenticator, this once."""

    def with_authenticator(auth: Auth) -> Callable[[Work], Awaitable[Result]]:
        async def grant(work: Work) -> Result:
            person = NamedPerson(name, parse_msisdn(mobile), parse_email(email) if email else None)
            granted = await service.grant_membership(work, Appointment(person, Role(role), None))
            uri = await totp.provide_uri(auth, work.sql, granted["person"], label=person.mobile)
            return {**granted, "uri": uri}

        return grant

    done = _tell("membershipGrant", with_authenticator, False, language, data)
    if done.result:
        typer.echo(done.result["uri"])


def _tell(
    mutation: str, service_on: Callable[[Auth], Callable[[Work], Awaitable[Result]]], plan: bool, language: Locale, data: Path | None
) -> Done:
    """Carries a service out as the system, says what changed, or in a sentence why not."""
    settings = read_settings(data_dir=data)

    async def run(at: datetime, scope: Scope) -> Done:
        database = Database(settings.database_url)
        auth = Auth.on(database, sealer_of(settings), issuer=settings.public_url)
        command = Command(mutation, MutationMode.PLAN if plan else MutationMode.APPLY, "")
        try:
            return await carry_out(database, scope, command, service_on(auth), at=at)
        finally:
            await database.close()

    at = SystemClock().now()
    try:
        done = asyncio.run(run(at, system_scope(Permission.MEMBERSHIP_MANAGE, at, by=CONSOLE)))
    except DomainError as fault:
        typer.echo(text(fault.message_key, language, **fault.params), err=True)
        raise typer.Exit(1) from None
    for change in done.plan.changes:
        typer.echo(f"{change.label}: {change.field}: {change.before or '–'} → {change.after or '–'}")
    return done
