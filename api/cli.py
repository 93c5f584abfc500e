"""The console script: one thin command for each thing an operator does."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api import audit, importing, keys, ledger, people, seeding, snapshot
from api import run as tree
from api.settings import BadSettings, data_folder, read_settings
from api.welcome import sign_ins
from seeds.companies import grown_managers
from seeds.size import Size
from store import migrate
from store.document_server import DocumentServerError

app = typer.Typer(name="simurgh", help="Simurgh: enterprise telecom self-care.", no_args_is_help=True, pretty_exceptions_enable=False)

audit_app = typer.Typer(help="The record of who did what.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
app.add_typer(importing.app)
app.add_typer(keys.app)
app.add_typer(people.managers)
app.add_typer(people.staff)

ledger_app = typer.Typer(help="The books.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")

Host = Annotated[str | None, typer.Option(help="Address to listen on (SIMURGH_HOST).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on (SIMURGH_PORT).", min=1, max=65535)]
Data = Annotated[Path | None, typer.Option(help="Folder that holds all state (SIMURGH_DATA_DIR).", file_okay=False)]


@app.callback()
def simurgh() -> None:
    """Simurgh: enterprise telecom self-care."""


@app.command()
def run(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget everything in the data folder first.")] = False,
) -> None:
    """Runs the whole system: migrations, demo data once, document server, API and worker."""
    if fresh:
        tree.forget(data_folder(data_dir=data))
    tree.to_the_end(tree.run(read_settings(host=host, port=port, data_dir=data)))


@app.command()
def serve(host: Host = None, port: Port = None, data: Data = None) -> None:
    """Answers HTTP only: production runs any number of these beside its workers."""
    tree.to_the_end(tree.serve(read_settings(host=host, port=port, data_dir=data)))


@app.command()
def worker(data: Data = None) -> None:
    """Does the work after commit only: mail, SMS, provisioning."""
    tree.to_the_end(tree.work_only(read_settings(data_dir=data)))


@app.command("migrate")
def bring_up_to_date(data: Data = None) -> None:
    """Brings the SQL database to the newest shape."""
    asyncio.run(migrate.upgrade(read_settings(data_dir=data).database_url))


@app.command()
def seed(
    data: Data = None,
    size: Annotated[Size, typer.Option(help="How many SIM cards; large adds companies of 1,000 and 100,000.")] = Size.DEMO,
    number: Annotated[int, typer.Option("--seed", help="Another number makes another world.")] = 1,
    at: Annotated[datetime | None, typer.Option(help="The world's present, UTC; now if not given.")] = None,
) -> None:
    """Adds the demo companies, once; `run` does it by itself on an empty system."""
    instant = at.replace(tzinfo=UTC) if at else None
    done = asyncio.run(seeding.seed(read_settings(data_dir=data), number=number, size=size, at=instant))
    typer.echo("the demo companies are there" if done else "the demo companies were there already")
    if done:
        typer.echo(sign_ins(grown_managers(size)), nl=False)


@app.command()
def migration(title: str) -> None:
    """Writes a new migration from the difference between the newest one and the code's tables."""
    typer.echo(asyncio.run(migrate.write_migration(title)))


@app.command()
def schema(
    check: Annotated[Path | None, typer.Option(help="Compare with this file; differences are printed and are a failure.")] = None,
    write: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
) -> None:
    """Prints the GraphQL schema."""
    if write:
        write.write_text(snapshot.printed())
    elif check is None:
        typer.echo(snapshot.printed(), nl=False)
    elif lines := snapshot.differences(check):
        typer.echo("\n".join([*lines, "", "The schema changed. Mean it? python3 x.py fix writes the new one."]))
        raise typer.Exit(1)


@audit_app.command("verify")
def audit_verify(data: Data = None) -> None:
    """Verifies every organization's audit chain; a changed byte is named by its entry and is a failure."""
    found = asyncio.run(audit.verify(read_settings(data_dir=data)))
    broken = {organization: number for organization, number in found.items() if number is not None}
    for organization, number in broken.items():
        typer.echo(f"organization {organization}: entry {number} doesn't fit")
    typer.echo(f"{len(found) - len(broken)} of {len(found)} chains are whole")
    if broken:
        raise typer.Exit(1)


@ledger_app.command("prove")
def ledger_prove(data: Data = None) -> None:
    """Proves the ledger: transfers sum to zero, balances are the sums of their entries, no wallet is below its floor."""
    faults = asyncio.run(ledger.prove(read_settings(data_dir=data)))
    for fault in faults:
        typer.echo(f"{fault.id}: {fault.what}")
    typer.echo(f"{len(faults)} faults in the ledger" if faults else "the ledger holds")
    if faults:
        raise typer.Exit(1)


def main() -> None:
    """Runs a command; what the operator can mend is said in a sentence instead of a traceback."""
    try:
        app()
    except (BadSettings, DocumentServerError, seeding.NoDemoHere, tree.CannotStart) as fault:
        typer.echo(f"simurgh: {fault}".replace("\n", "\nsimurgh: "), err=True)
        raise SystemExit(2) from None
