"""`simurgh transfers`: the operator chooses companies' policies of transfers, and opens lines that their holders closed."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.commands.console import Language, Organization, PlanOnly, Service, write
from api.commands.options import Data
from api.settings import read_settings
from domain.audit.writing import Result, Work
from domain.kernel.calendar import TEHRAN
from domain.kernel.identifiers import parse_legal_id, parse_msisdn
from domain.kernel.ids import Kind
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.people.queries import place
from domain.transfers import policies, requests

app = typer.Typer(help="Transfers between wallets: policies, and lines closed to them.", no_args_is_help=True)


class Side(StrEnum):
    """Whose wallets a policy is for."""

    ACCOUNTS = "accounts"
    LINES = "lines"


KINDS = {Side.ACCOUNTS: Kind.ACCOUNT, Side.LINES: Kind.SIM}
File = Annotated[Path | None, typer.Option(help="A TOML file of policies, written like the shipped ones.", dir_okay=False)]
Since = Annotated[datetime | None, typer.Option("--from", help="From when on, on Tehran's clock; without it: from now on.")]


@app.command("policies")
def list_policies() -> None:
    """Names the policies that are shipped."""
    for name, terms in policies.SHIPPED.items():
        typer.echo(f"{name}: {', '.join(f'{key} {value}' for key, value in terms.items()) or 'no bounds'}")


@app.command("choose")
def choose(
    name: Annotated[str, typer.Argument(help="Name of the policy.")],
    organization: Organization,
    side: Annotated[Side, typer.Option("--for", help="Whose wallets it is for.")] = Side.LINES,
    file: File = None,
    since: Since = None,
    plan: PlanOnly = False,
    language: Language = Locale.EN,
    data: Data = None,
) -> None:
    """Puts a policy into force for a company's lines or accounts."""
    try:
        terms = {**policies.SHIPPED, **(policies.read(file.read_text(encoding="utf-8")) if file else {})}[name]
    except (KeyError, ValueError, OSError) as fault:
        typer.echo(f"no such policy: {fault}", err=True)
        raise typer.Exit(1) from None
    begins = since.replace(tzinfo=TEHRAN) if since else None

    async def service(work: Work) -> Result:
        here = await place(work.sql, work.scope, parse_legal_id(organization), None)
        return await policies.policy_choose(work, here.organization_id, KINDS[side], name, terms, begins=begins)

    _write("transferPolicyChoose", service, plan, language, data)


@app.command("open")
def open_line(
    number: Annotated[str, typer.Argument(help="Number of the line.")], plan: PlanOnly = False, language: Language = Locale.EN,
    data: Data = None,
) -> None:  # fmt: skip
    """Opens a line to transfers again that its holder closed."""

    async def service(work: Work) -> Result:
        return await requests.transfers_open(work, parse_msisdn(number))

    _write("transfersOpen", service, plan, language, data)


def _write(mutation: str, service: Service, plan: bool, language: Locale, data: Path | None) -> None:
    settings = read_settings(data_dir=data)
    write(settings, mutation, Permission.WALLET_TRANSFER, lambda _: service, plan=plan, language=language)
