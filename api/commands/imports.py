"""`simurgh import`: reads files of accounts, SIM cards, holders and usage, shows how far it is, and tells what came of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from api.commands.options import Data
from api.settings import Settings, read_settings, sealer_of
from api.world import open_world
from domain.imports.columns import ACCOUNTS, HOLDERS, SIMS, USAGE, Column
from domain.imports.report import Report, by_line, write_rejects
from domain.imports.service import Wish, import_accounts, import_holders, import_sims, import_usage
from domain.kernel.clock import SystemClock
from domain.kernel.errors import InvalidInput
from domain.kernel.locale import Locale
from domain.kernel.messages import text
from domain.kernel.permissions import Permission
from domain.kernel.plan import BulkErrorPolicy
from domain.kernel.scope import SYSTEM, Scope, system_scope
from domain.kernel.sealing import Sealer
from store import migrate
from store.session import Database

SHOWN = 10

app = typer.Typer(help="Brings accounts, SIM cards, holders and usage in from files (docs/importing.md).", no_args_is_help=True)

KNOWN = "CSV (UTF-8, UTF-16 or Windows-1256), XLSX or JSON lines; each may be gzipped."
File = Annotated[Path, typer.Argument(help=KNOWN, exists=True, dir_okay=False, readable=True)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Decide everything and write nothing.")]
SkipFailed = Annotated[bool, typer.Option("--skip-failed", help="Import the good rows; without it one fault leaves all out.")]
Rejects = Annotated[Path | None, typer.Option(help="Write the rows left out to this CSV file, with line and reasons.", dir_okay=False)]
Language = Annotated[Locale, typer.Option(help="Language of what is told.", case_sensitive=False)]

Run = Callable[[Path, Database, Sealer, Wish], Awaitable[Report]]


def _everywhere(wish: Wish) -> Scope:
    """All cards: the command line is the operator's."""
    return system_scope(Permission.SIM_READ, wish.at, by=wish.by)


IMPORTS: Mapping[str, tuple[str, Sequence[Column], Run]] = {
    "accounts": (
        "Imports organizations and their accounts.", ACCOUNTS, lambda file, database, _, wish: import_accounts(database, file, wish),
    ),
    "sims": (
        "Imports SIM cards under accounts that exist.", SIMS,
        lambda file, database, sealer, wish: import_sims(database, file, wish, sealer),
    ),
    "holders": (
        "Imports who carries which card.", HOLDERS,
        lambda file, database, _, wish: import_holders(database, file, wish, _everywhere(wish)),
    ),
    "usage": (
        "Imports usage records of cards that exist.", USAGE,
        lambda file, database, _, wish: import_usage(database, file, wish, _everywhere(wish)),
    ),
}  # fmt: skip
"""What comes in, what the command says of itself, and how it is done."""


def _command(noun: str, columns: Sequence[Column], run: Run) -> Callable[..., None]:
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
                report = asyncio.run(_run(noun, run, file, wish, read_settings(data_dir=data)))
        except InvalidInput as fault:
            typer.echo(text(fault.message_key, language, **fault.params), err=True)
            raise typer.Exit(1) from None
        if rejects is not None:
            with rejects.open("wb") as target:
                write_rejects(target, file, columns, by_line(report.rejects), language)
        for reject in sorted(report.rejects, key=lambda reject: reject.line)[:SHOWN] if rejects is None else ():
            typer.echo(f"{reject.line}: {reject.column}: {reject.value}: {reject.words(language)}")
        if report.ignored:
            typer.echo(text("import.ignored", language, names=", ".join(report.ignored)))
        typer.echo(" ".join(summary(report, noun, language)))
        if report.rejects and not report.is_written:
            raise typer.Exit(1)

    return command


for noun, (words, columns, run) in IMPORTS.items():
    app.command(noun, help=words)(_command(noun, columns, run))


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


async def _run(noun: str, run: Run, file: Path, wish: Wish, settings: Settings) -> Report:
    await migrate.upgrade(settings.database_url)
    async with AsyncExitStack() as parts:
        if noun == "usage":  # which alone needs the document store
            database = (await parts.enter_async_context(open_world(settings))).database
        else:
            database = Database(settings.database_url)
            parts.push_async_callback(database.close)
        return await run(file, database, sealer_of(settings), wish)


@contextmanager
def _bar(console: Console, title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar over the bytes of the file."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda read, size: bar.update(task, completed=read, total=size)
