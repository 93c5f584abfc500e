"""Imports a file in one transaction: all of it or nothing, or its good rows when asked for, or only in thought."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.accounts.tables import Account, Organization
from domain.audit import chain
from domain.imports.accounts import AccountImport
from domain.imports.reading import open_sheet
from domain.imports.report import Report
from domain.imports.sims import SimImport
from domain.kernel.ids import Kind, Ref, uuid7
from domain.kernel.plan import BulkErrorPolicy, Change
from domain.kernel.scope import ActorRef
from domain.kernel.sealing import Sealer
from store.session import Database

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


class _RolledBack(Exception):
    """Ends the transaction of an import that writes nothing."""


async def import_accounts(database: Database, path: Path, wish: Wish) -> Report:
    """Imports organizations and accounts with their wallets; a file that can't be read at all is `InvalidInput`."""
    return await _import(database, path, wish, lambda session, report: AccountImport(session, report, at=wish.at, new_id=wish.new_id))


async def import_sims(database: Database, path: Path, wish: Wish, sealer: Sealer) -> Report:
    """Imports SIM cards; a file that can't be read at all is `InvalidInput`."""
    return await _import(database, path, wish, lambda session, report: SimImport(session, report, sealer, at=wish.at, new_id=wish.new_id))


async def _import(
    database: Database, path: Path, wish: Wish, prepare: Callable[[AsyncSession, Report], AccountImport | SimImport]
) -> Report:
    report = Report()

    def is_doomed() -> bool:
        return wish.policy is BulkErrorPolicy.REJECT_ALL and bool(report.rejects)

    def writes() -> bool:
        wish.progress(sheet.position, sheet.size)
        return not is_doomed()

    try:
        async with database.write() as session:
            run = prepare(session, report)
            with open_sheet(path, run.columns) as sheet:
                report.opened(sheet)
                await run.take(sheet, writes=writes)
                wish.progress(sheet.size, sheet.size)
            if is_doomed():
                raise _RolledBack
            report.made = {run.organizations[id].name: count for id, count in run.made.items()}
            if wish.is_dry_run:
                raise _RolledBack
            noun = "accounts" if isinstance(run, AccountImport) else "sims"
            for id in sorted(run.made):
                await _record(session, wish, run.organizations[id], noun, run.made)
            report.is_written = True
    except _RolledBack:
        pass
    return report


async def _record(session: AsyncSession, wish: Wish, organization: Organization, noun: str, made: Mapping[UUID, int]) -> None:
    """One entry in the organization's audit trail for the whole file."""
    top = select(Account.path).where(col(Account.organization_id) == organization.id, col(Account.depth) == 0)
    path = (await session.execute(top)).scalar_one()
    change = Change(Ref(Kind.ORGANIZATION, organization.id), organization.name, noun, None, str(made[organization.id]))
    await chain.append(session, organization.id, by=wish.by, action="import", at=wish.at, path=path, changes=[change])
