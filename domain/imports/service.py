"""Imports a file: all of it or nothing, or its good rows when asked for, or only in thought; what lives in SQL in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.tables import Account
from domain.audit import chain
from domain.imports.accounts import AccountImport
from domain.imports.holders import HolderImport
from domain.imports.reading import Source, open_sheet
from domain.imports.report import Report
from domain.imports.sims import SimImport
from domain.imports.usage import UsageImport
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.plan import BulkErrorPolicy, Change
from domain.kernel.scope import ActorRef, Scope
from domain.kernel.sealing import Sealer
from store.session import Database, Session

Progress = Callable[[int, int], None]
"""Told how many bytes of how many are read."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How to import: what to do with rows that can't be, and whether to write at all; `new_id` only for seeds."""

    by: ActorRef
    at: datetime
    policy: BulkErrorPolicy = BulkErrorPolicy.REJECT_ALL
    is_dry_run: bool = False
    new_id: Callable[[], UUID] = uuid7
    progress: Progress = lambda read, size: None


Run = AccountImport | SimImport | HolderImport | UsageImport
Prepare = Callable[[Session, Report], AccountImport | SimImport | HolderImport]


class _RolledBack(Exception):
    """Ends the transaction of an import that writes nothing."""


async def import_accounts(database: Database, source: Source, wish: Wish) -> Report:
    """Imports organizations and accounts with their wallets; a file that can't be read at all is `InvalidInput`."""
    return await _import(database, source, wish, lambda session, report: AccountImport(session, report, at=wish.at, new_id=wish.new_id))


async def import_sims(database: Database, source: Source, wish: Wish, sealer: Sealer) -> Report:
    """Imports SIM cards; a file that can't be read at all is `InvalidInput`."""
    return await _import(database, source, wish, lambda session, report: SimImport(session, report, sealer, at=wish.at, new_id=wish.new_id))


async def import_holders(database: Database, source: Source, wish: Wish, scope: Scope) -> Report:
    """Imports who carries which card of a scope; a file that can't be read at all is `InvalidInput`."""

    def prepare(session: Session, report: Report) -> HolderImport:
        return HolderImport(session, report, scope, at=wish.at, new_id=wish.new_id)

    return await _import(database, source, wish, prepare)


async def import_usage(database: Database, source: Source, wish: Wish, scope: Scope) -> Report:
    """Imports usage of the cards of a scope, a thousand records at a time; a file that can't be read at all is `InvalidInput`.

    Records live in the document store, beyond any transaction: so that nothing of a faulty file comes in, all of it is looked through
    first, and what was broken off is finished by the same file once more.
    """
    report = Report()
    if wish.is_dry_run or wish.policy is BulkErrorPolicy.REJECT_ALL:
        await _read(UsageImport(database, report, scope, at=wish.at), source, wish, report, lambda: False)
        if wish.is_dry_run or is_doomed(wish, report):
            return report
        report = Report()
    run = UsageImport(database, report, scope, at=wish.at)
    await _read(run, source, wish, report, lambda: True)
    async with database.write() as session:
        await record(session, wish, run)
    report.is_written = True
    return report


async def _import(database: Database, source: Source, wish: Wish, prepare: Prepare) -> Report:
    report = Report()
    try:
        async with database.write() as session:
            run = prepare(session, report)
            await bring_in(session, source, wish, run, report)
            if wish.is_dry_run or is_doomed(wish, report):
                raise _RolledBack
            await record(session, wish, run)
            report.is_written = True
    except _RolledBack:
        pass
    return report


def is_doomed(wish: Wish, report: Report) -> bool:
    """Whether the faults found so far leave all of the file out."""
    return wish.policy is BulkErrorPolicy.REJECT_ALL and bool(report.rejects)


async def bring_in(session: Session, source: Source, wish: Wish, run: Run, report: Report) -> None:
    """Imports a file inside the caller's transaction, which the caller gives up when the report is doomed."""
    await _read(run, source, wish, report, lambda: not is_doomed(wish, report))


async def _read(run: Run, source: Source, wish: Wish, report: Report, may_write: Callable[[], bool]) -> None:
    """Takes a whole file."""
    with open_sheet(source, run.columns) as sheet:

        def writes() -> bool:
            wish.progress(sheet.records.position, sheet.records.size)
            return may_write()

        report.opened(sheet)
        await run.take(sheet, writes=writes)
        wish.progress(sheet.records.size, sheet.records.size)
    if not is_doomed(wish, report):
        report.made = {run.organizations[id].name: count for id, count in run.made.items()}


async def record(session: Session, wish: Wish, run: Run) -> None:
    """Adds one entry for the whole file to the audit trail of each organization that got something."""
    for id, organization in sorted(run.organizations.items()):
        top = select(Account.path).where(col(Account.organization_id) == id, col(Account.depth) == 0)
        path = (await session.execute(top)).scalar_one()
        change = Change(Ref(Kind.ORGANIZATION, id), organization.name, run.noun, None, str(run.made[id]))
        await chain.append(session, id, by=wish.by, action="import", at=wish.at, path=path, changes=[change], id=wish.new_id())
