"""The console script: which module does which command; only the one that is called for is loaded."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from api import collecting
from api.faults import CannotStart

# Where each command is and what the list of commands says of it; a test holds the words against the command's own.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "run": ("run:run", "Runs the whole system: migrations, demo data once, document server, API and worker."),
    "serve": ("serve:serve", "Answers HTTP only: production runs any number of these beside its workers."),
    "worker": ("worker:worker", "Does the work after commit only: mail, SMS, provisioning."),
    "migrate": ("migrations:bring_up_to_date", "Brings the SQL database to the newest shape."),
    "seed": ("seed:seed", "Adds the demo companies, once; `run` does it by itself on an empty system."),
    "import": ("imports:app", "Brings accounts, SIM cards, holders and usage in from files (docs/importing.md)."),
    "export": ("exports:export", "Writes a list of an organization to a file: SIM cards, usage, ledger, orders, tickets, audit trail."),
    "manager": ("people:managers", "Managers of companies."),
    "staff": ("people:staff", "The operator's own people."),
    "keys": ("keys:app", "The keys that sign access tokens, and the master key."),
    "backup": ("backup:backup", "Writes SQL and documents to one sealed file while everybody works on."),
    "restore": ("backup:restore", "Fills empty stores from a backup, then proves the books and the audit trail."),
    "audit": ("audit:app", "The record of who did what."),
    "bill": ("bills:app", "Bills of postpaid accounts."),
    "deposit": ("bills:deposits", "Deposits of postpaid accounts."),
    "ledger": ("ledger:app", "The books."),
    "payments": ("payments:app", "Money on its way in or back."),
    "vouchers": ("vouchers:app", "Vouchers that wait for their activation."),
    "transfers": ("transfers:app", "Transfers between wallets: policies, and lines closed to them."),
    "schema": ("schema:schema", "Prints the GraphQL schema."),
    "migration": ("migrations:migration", "Writes a new migration from the difference between the newest one and the code's tables."),
}


def loaded(name: str) -> Any:
    """A command or group of them, with the module that does it and all that this needs."""
    module, what = COMMANDS[name][0].split(":")
    with collecting.keeping():
        found = getattr(import_module(f"api.commands.{module}"), what)
    if isinstance(found, typer.Typer):
        return get_group(found)
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return get_command(alone)


class Commands(TyperGroup):
    """The commands by the table: listed without loading any."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given | {"commands": {name: TyperCommand(name, help=words) for name, (_, words) in COMMANDS.items()}})

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The one that is called for, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, loaded(name) if name else command, rest


app = typer.Typer(name="simurgh", cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def simurgh() -> None:
    """Simurgh: enterprise telecom self-care."""


def main() -> None:
    """Runs a command; what the operator can mend is said in a sentence instead of a traceback."""
    try:
        app()
    except CannotStart as fault:
        typer.echo(f"simurgh: {fault}".replace("\n", "\nsimurgh: "), err=True)
        raise SystemExit(2) from None
