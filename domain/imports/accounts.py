"""Imports accounts: a row is known by organization and number, parents may stand in any row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.bulk import NewAccount, make_accounts
from domain.accounts.service import make_organization
from domain.accounts.tables import Account, Organization
from domain.accounts.tree import Place
from domain.hierarchy.present import hold
from domain.imports.columns import ACCOUNTS
from domain.imports.reading import Line, Sheet
from domain.imports.report import Report
from domain.imports.rows import Seen, Values, checked, organizations
from domain.kernel.errors import InvalidInput, NotFound, StateConflict
from domain.kernel.ids import Kind, Ref
from domain.kernel.text import fold
from domain.wallet.purses import open_wallet
from store.session import Session


@dataclass(frozen=True, slots=True)
class _Row:
    line: Line
    values: Values

    @property
    def number(self) -> str:
        return str(self.values["number"])

    @property
    def parent_number(self) -> str | None:
        parent = self.values["parent_number"]
        return None if parent is None else str(parent)


class AccountImport:
    """One run over a file of accounts in one transaction; of one organization alone, which is there, with `only`."""

    columns = ACCOUNTS
    noun = "accounts"

    def __init__(
        self, session: Session, report: Report, *, at: datetime, new_id: Callable[[], UUID], only: UUID | None = None
    ) -> None:
        self._session = session
        self._report = report
        self._at = at
        self._new_id = new_id
        self._only = only
        self.organizations: dict[UUID, Organization] = {}
        self.made: dict[UUID, int] = {}

    async def take(self, sheet: Sheet, *, writes: Callable[[], bool]) -> None:
        """Reads the whole file, as parents may stand below their children, and makes the accounts organization by organization."""
        seen, groups = Seen(), dict[str, list[_Row]]()
        rejected: dict[tuple[str | None, str | None], int] = {}
        for line in sheet.lines:
            self._report.rows += 1
            values, is_right = checked(line, ACCOUNTS, self._report)
            legal_id, key = values["organization_legal_id"], (values["organization_legal_id"], values["number"])
            if None not in key and not seen.is_new(line, "number", key, self._report):
                continue
            if not is_right:
                rejected[key] = line.number
            else:
                groups.setdefault(legal_id, []).append(_Row(line, values))
        existing = await organizations(self._session, set(groups))
        for legal_id, rows in groups.items():
            if self._only is not None and (legal_id not in existing or existing[legal_id].id != self._only):
                for row in rows:
                    self._report.reject(row.line, "organization_legal_id", NotFound("import.unknown_organization"))
                continue
            faulty = {number: line for (id, number), line in rejected.items() if id == legal_id and number is not None}
            await self._one(legal_id, existing.get(legal_id), rows, faulty, writes)

    async def _one(
        self, legal_id: str, organization: Organization | None, rows: list[_Row], faulty: dict[str, int], writes: Callable[[], bool]
    ) -> None:
        if organization is not None:
            await hold(self._session, organization.id, at=self._at)
        places = await self._places(organization)
        self._report.present += sum(row.number in places for row in rows)
        new = self._decided([row for row in rows if row.number not in places], organization, places, faulty)
        if not new or not writes():
            return
        if organization is None:
            first = next(row for row in new if row.values["organization_name"])
            organization = await make_organization(
                self._session, id=self._new_id(), name=first.values["organization_name"], legal_id=legal_id,
                economic_code=next((row.values["economic_code"] for row in new if row.values["economic_code"]), None), at=self._at,
            )  # fmt: skip
        accounts = [
            NewAccount(self._new_id(), row.number, row.values["name"], row.parent_number, row.values["payment_mode"]) for row in new
        ]
        await make_accounts(self._session, organization.id, accounts, places, at=self._at, new_id=self._new_id)
        for account in accounts:
            await open_wallet(self._session, organization.id, Ref(Kind.ACCOUNT, account.id), id=self._new_id())
        self.organizations[organization.id] = organization
        self.made[organization.id] = len(accounts)

    async def _places(self, organization: Organization | None) -> dict[str, Place]:
        if organization is None:
            return {}
        found = await self._session.execute(
            select(Account.number, Account.id, Account.path, Account.depth).where(col(Account.organization_id) == organization.id)
        )
        return {number: Place(id, path, depth) for number, id, path, depth in found}

    def _decided(self, rows: list[_Row], organization: Organization | None, places: dict[str, Place], faulty: dict[str, int]) -> list[_Row]:
        """The rows that can be made, parents first; the others are rejected."""
        rows = self._named(rows, organization)
        top: _Row | str | None = next((number for number, place in places.items() if place.depth == 0), None)
        waiting: dict[str, list[_Row]] = {}
        ready: list[_Row] = []
        for row in rows:
            if row.parent_number is not None:
                waiting.setdefault(row.parent_number, []).append(row)
            elif top is None:
                top = row
                ready.append(row)
            else:
                other = top if isinstance(top, str) else top.number
                self._report.reject(row.line, "parent_number", StateConflict("import.second_top", number=other))
                faulty[row.number] = row.line.number
        for number in [*places]:
            ready.extend(waiting.pop(number, ()))
        decided = []
        while ready:
            row = ready.pop(0)
            decided.append(row)
            ready.extend(waiting.pop(row.number, ()))
        self._hang_nowhere(waiting, faulty)
        return decided

    def _named(self, rows: list[_Row], organization: Organization | None) -> list[_Row]:
        """The rows whose organization has one name: the known one, or the first in the file."""
        if organization is not None:
            return rows
        first = next((row for row in rows if row.values["organization_name"]), None)
        if first is None:
            for row in rows:
                self._report.reject(row.line, "organization_name", InvalidInput("import.organization_name"))
            return []
        agreed = []
        for row in rows:
            name = row.values["organization_name"]
            if name and fold(name) != fold(first.values["organization_name"]):
                self._report.reject(row.line, "organization_name", StateConflict("import.other_name", line=str(first.line.number)))
            else:
                agreed.append(row)
        return agreed

    def _hang_nowhere(self, waiting: dict[str, list[_Row]], faulty: dict[str, int]) -> None:
        """Rejects the rows whose way up doesn't reach the top: an unknown or rejected parent, or a circle."""
        orphans = {row.number: row for rows in waiting.values() for row in rows}
        for row in orphans.values():
            parent, steps = row.parent_number or "", 0
            while parent in orphans and steps <= len(orphans):
                parent, steps = orphans[parent].parent_number or "", steps + 1
            if parent in orphans:
                fault: StateConflict | NotFound = StateConflict("import.circle")
            elif parent in faulty:
                fault = StateConflict("import.parent_rejected", line=str(faulty[parent]))
            else:
                fault = NotFound("import.unknown_parent", number=parent)
            self._report.reject(row.line, "parent_number", fault)
