"""`simurgh import`: reads files of accounts and SIM cards, shows how far it is, and tells what came of it in a few sentences."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from api.commands.options import Data
from api.settings import Settings, read_settings, sealer_of
from domain.imports.report import Report, write_rejects
from domain.imports.service import Wish, import_accounts, import_sims
from domain.kernel.clock import SystemClock
from domain.kernel.errors import InvalidInput
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.plan import BulkErrorPolicy
from domain.kernel.scope import SYSTEM
from domain.kernel.sealing import Sealer
from store import migrate
from store.session import Database

SHOWN = 10

app = typer.Typer(help="Brings accounts and SIM cards in from CSV files (docs/importing.md).", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="CSV file, UTF-8, UTF-16 or Windows-1256.", exists=True, dir_okay=False, readable=True)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Decide everything and write nothing.")]
SkipFailed = Annotated[bool, typer.Option("--skip-failed", help="Import the good rows; without it one fault leaves all out.")]
Rejects = Annotated[Path | None, typer.Option(help="Write line, column, value and reason of every fault to this CSV file.", dir_okay=False)]
Language = Annotated[Locale, typer.Option(help="Language of what is told.", case_sensitive=False)]

Run = Callable[[Path, Database, Wish, Sealer], Awaitable[Report]]
IMPORTS: Mapping[str, tuple[str, Run]] = {
    "accounts": ("Imports organizations and their accounts.", lambda file, database, wish, _: import_accounts(database, file, wish)),
    "sims": ("Imports SIM cards under accounts that exist.", lambda file, database, wish, keys: import_sims(database, file, wish, keys)),
}
"""What comes in, what the command says of itself, and how it is done."""


def _command(noun: str, run: Run) -> Callable[..., None]:
    """Runs an import and tells its outcome; ends with 1 when rows were left out and nothing was written for it."""

    def command(
        file: File,
        dry_run: DryRun = False,
        skip_failed: SkipFailed = False,
        rejects: Rejects = None,
        language: Language = Locale.EN,
        data: Data = None,
    ) -> None:
        policy = BulkErrorPolicy.SKIP_FAILED if skip_failed else BulkErrorPolicy.REJECT_ALL
        try:
            with _bar(Console(stderr=True), text(f"import.{noun}", language)) as progress:
                wish = Wish(SYSTEM, SystemClock().now(), policy, dry_run, progress=progress)
                report = asyncio.run(_run(run, file, wish, read_settings(data_dir=data)))
        except InvalidInput as fault:
            typer.echo(text(fault.message_key, language, **fault.params), err=True)
            raise typer.Exit(1) from None
        if rejects is not None:
            write_rejects(rejects, report.rejects, language)
        for reject in sorted(report.rejects, key=lambda reject: reject.line)[:SHOWN] if rejects is None else ():
            typer.echo(f"{reject.line}: {reject.column}: {reject.value}: {reject.words(language)}")
        if report.ignored:
            typer.echo(text("import.ignored", language, names=", ".join(report.ignored)))
        typer.echo(" ".join(summary(report, noun, language)))
        if report.rejects and not report.is_written:
            raise typer.Exit(1)

    return command


for noun, (words, run) in IMPORTS.items():
    app.command(noun, help=words)(_command(noun, run))


def summary(report: Report, noun: str, language: Locale) -> Iterator[str]:
    """The outcome in a few sentences."""
    if report.rejects:
        yield text("import.rejected", language, count=len(report.rejects))
    if report.is_written or report.made_count:
        yield text(f"import.{noun}_{'made' if report.is_written else 'planned'}", language, count=report.made_count)
    if report.present:
        yield text("import.present", language, count=report.present)
    if not report.is_written:
        yield text("import.nothing_written", language)


async def _run(run: Run, file: Path, wish: Wish, settings: Settings) -> Report:
    await migrate.upgrade(settings.database_url)
    database = Database(settings.database_url)
    try:
        return await run(file, database, wish, sealer_of(settings))
    finally:
        await database.close()


@contextmanager
def _bar(console: Console, title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar over the bytes of the file."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda read, size: bar.update(task, completed=read, total=size)
