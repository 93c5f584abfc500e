"""Imports usage: records of cards that exist, each under the place where its card stood then; the same record twice is one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import and_
from sqlmodel import col, select

from domain.accounts.tables import AccountEdge, Organization
from domain.imports.columns import USAGE
from domain.imports.reading import Line, Sheet
from domain.imports.report import Report
from domain.imports.rows import Values, checked
from domain.kernel.clock import SystemClock
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.quantity import FigureSource
from domain.kernel.scope import Scope
from domain.sims.tables import Sim, SimPlacement
from domain.usage.documents import UsageDirection
from domain.usage.service import record_rows
from store.session import Database

AT_ONCE = 1000
_MOST_KNOWN = 200_000
"""How many cards a run remembers, so that memory stays flat over any number of them."""

_Stay = tuple[datetime, str]
_Card = tuple[UUID, UUID, list[_Stay]]


class UsageImport:
    """One run over a file of usage, a thousand rows at a time; each thousand is written by itself, and again makes no difference."""

    columns = USAGE
    noun = "usage"

    def __init__(self, database: Database, report: Report, scope: Scope, *, at: datetime) -> None:
        self._database = database
        self._report = report
        self._scope = scope
        self._at = at
        self._cards: dict[str, _Card | None] = {}
        self.organizations: dict[UUID, Organization] = {}
        self.made: Counter[UUID] = Counter()

    async def take(self, sheet: Sheet, *, writes: Callable[[], bool]) -> None:
        """Reads the file to its end; while `writes` says no, it only looks for faults."""
        while lines := list(islice(sheet.lines, AT_ONCE)):
            self._report.rows += len(lines)
            right = [(line, values) for line in lines for values, is_right in [checked(line, USAGE, self._report)] if is_right]
            await self._learn(values["msisdn"] for _, values in right)
            rows = [row for line, values in right if (row := self._row(line, values)) is not None]
            if rows and writes():
                by_organization: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
                for row in rows:
                    by_organization[row["organization_id"]].append(row)
                for organization_id, some in by_organization.items():
                    came_in = SystemClock().now()  # as it is: whoever counts records in this order must not be passed by a long import
                    for row in some:
                        row["as_of"] = came_in
                    new = await record_rows(self._database, some)
                    self.made[organization_id] += new
                    self._report.present += len(some) - new
        async with self._database.read() as session:
            found = await session.scalars(select(Organization).where(col(Organization.id).in_(self.made)))
            self.organizations = {organization.id: organization for organization in found}

    async def _learn(self, numbers: Iterable[str]) -> None:
        """Reads the cards of numbers that aren't known yet, with where they stood since when."""
        named = set(numbers)
        if len(self._cards) > _MOST_KNOWN:
            self._cards.clear()
        wanted = named - self._cards.keys()
        if not wanted:
            return
        columns: Any = (Sim.msisdn, Sim.id, Sim.organization_id, SimPlacement.valid_from, AccountEdge.valid_from, AccountEdge.path)
        stays = and_(
            col(AccountEdge.organization_id) == col(SimPlacement.organization_id),
            col(AccountEdge.account_id) == col(SimPlacement.account_id),
            (col(AccountEdge.valid_to).is_(None)) | (col(AccountEdge.valid_to) > col(SimPlacement.valid_from)),
            (col(SimPlacement.valid_to).is_(None)) | (col(SimPlacement.valid_to) > col(AccountEdge.valid_from)),
        )
        placed = and_(col(SimPlacement.organization_id) == col(Sim.organization_id), col(SimPlacement.sim_id) == col(Sim.id))
        statement = select(*columns).select_from(Sim).join(SimPlacement, placed).join(AccountEdge, stays)
        bounded = self._scope.limit(statement.where(col(Sim.msisdn).in_(wanted)), col(Sim.organization_id), col(Sim.path))
        self._cards |= dict.fromkeys(wanted)
        async with self._database.read() as session:
            for msisdn, id, organization_id, since, hung_since, path in await session.execute(bounded):
                known: _Card = self._cards[msisdn] or (id, organization_id, [])
                known[2].append((max(since, hung_since), path))
                self._cards[msisdn] = known
        for number in wanted:
            if (card := self._cards[number]) is not None:
                card[2].sort()

    def _row(self, line: Line, values: Values) -> dict[str, Any] | None:
        """The record as it is kept, or null for a card that isn't there."""
        card = self._cards.get(values["msisdn"])
        if card is None:
            self._report.reject(line, "msisdn", NotFound("import.unknown_sim"))
            return None
        if values["started_at"] > self._at:
            self._report.reject(line, "started_at", InvalidInput("import.future"))
            return None
        sim_id, organization_id, stays = card
        path = stays[0][1]
        for since, place in stays:
            if since <= values["started_at"]:
                path = place
        return {
            "_id": record_id(organization_id, values["record_id"]), "organization_id": organization_id, "sim_id": sim_id, "path": path,
            "service": values["service"].value, "direction": (values["direction"] or UsageDirection.OUTGOING).value,
            "other_party": values["other_party"], "destination": values["destination"], "is_roaming": bool(values["is_roaming"]),
            "started_at": values["started_at"], "duration_seconds": values["duration_seconds"], "quantity": values["quantity"],
            "charge": values["charge"] or 0, "is_included": bool(values["is_included"]), "bucket_id": None, "as_of": self._at,
            "source": FigureSource.CARRIER.value,
        }  # fmt: skip


def record_id(organization_id: UUID, sent: str) -> UUID:
    """The id of a record by what its sender calls it; a UUID is taken as it is, as our own exports write it."""
    try:
        return UUID(sent)
    except ValueError:
        return uuid5(organization_id, sent)
