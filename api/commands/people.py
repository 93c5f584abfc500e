"""`simurgh manager` and `simurgh staff`: the operator's console appoints companies' managers (N3) and the operator's own people."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.commands.console import Language, Organization, PlanOnly, Service, write
from api.commands.options import Data
from api.settings import read_settings, sealer_of
from auth import totp
from auth.wiring import Auth
from domain.audit.writing import Done, Result, Work
from domain.kernel.identifiers import parse_email, parse_legal_id, parse_msisdn
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission, Role
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
Account = Annotated[str | None, typer.Option(help="Number of the account an account manager covers; without it: a profile manager.")]


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

    def with_authenticator(auth: Auth) -> Service:
        async def grant(work: Work) -> Result:
            person = NamedPerson(name, parse_msisdn(mobile), parse_email(email) if email else None)
            granted = await service.grant_membership(work, Appointment(person, Role(role), None))
            uri = await totp.provide_uri(auth, work.sql, granted["person"], label=person.mobile)
            return {**granted, "uri": uri}

        return grant

    done = _tell("membershipGrant", with_authenticator, False, language, data)
    if done.result:
        typer.echo(done.result["uri"])


def _tell(mutation: str, service_on: Callable[[Auth], Service], plan: bool, language: Locale, data: Path | None) -> Done:
    """Carries a service out that may need the sign-in's parts."""
    settings = read_settings(data_dir=data)

    def on(database: Database) -> Service:
        return service_on(Auth.on(database, sealer_of(settings), issuer=settings.public_url))

    return write(settings, mutation, Permission.MEMBERSHIP_MANAGE, on, plan=plan, language=language)
