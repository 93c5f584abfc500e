"""Which SIM cards somebody acts on: some by their ids, all that match a filter, or those that a table lists."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from domain.accounts.queries import accounts_by_ids
from domain.audit.writing import Work
from domain.files import uploads
from domain.files.tables import Purpose
from domain.jobs.deeds import Target
from domain.jobs.service import AT_ONCE, MOST_ROWS, Chosen
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import Kind, Ref, encode
from domain.kernel.plan import Exclusion, Reason
from domain.kernel.scope import Scope
from domain.sims import queries
from domain.sims.filters import SimFilter
from domain.sims.listing import listed
from store.session import Session

MOST_IDS = 250


@dataclass(frozen=True)
class SimSelection:
    """Cards by their ids, at most 250 (more are `InvalidInput`), by a filter within the scope, or by a table.

    A group is a filter; it has to be in scope itself.
    """

    ids: Sequence[UUID] | None = None
    filter: SimFilter | None = None
    upload_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.ids is not None and not 1 <= len(self.ids) <= MOST_IDS:
            raise InvalidInput("sims.selection", field=("sims", "ids"), most=MOST_IDS)

    @cached_property
    def at_once(self) -> Sequence[Target] | None:
        """Up to 100 different cards, once each."""
        targets = self._named({})
        return targets if 1 <= len(targets) <= AT_ONCE else None

    async def chosen(self, session: Session, scope: Scope) -> Chosen:
        """The cards with what people call them; an id out of scope stays what it is."""
        if self.filter is not None:
            group_id = self.filter.group_id
            if group_id is not None and not await queries.sees_group(session, scope, group_id):
                raise NotFound(field=("sims", "groupId"))
            place = await self._place(session, scope, self.filter.account_id)
            found = await queries.sims_chosen(session, place, replace(self.filter, account_id=None), most=MOST_ROWS + 1)
            return Chosen([Target(index, label, id) for index, (id, label) in enumerate(found, 1)])
        if self.upload_id is not None:
            return await self._listed(session, scope, self.upload_id)
        return Chosen(self._named(dict(await queries.sims_chosen(session, scope, SimFilter(), self.ids or (), most=MOST_IDS))))

    async def claim(self, work: Work) -> None:
        """An upload serves once."""
        if self.upload_id is not None and work.organization_id is not None:
            await uploads.claim(work.sql, work.scope, [self.upload_id], Purpose.SELECTION, organization_id=work.organization_id)

    async def _listed(self, session: Session, scope: Scope, upload_id: UUID) -> Chosen:
        """The cards of a table by line; what names none, or one that an earlier line named, is left out by its line."""
        async with uploads.looked_at(session, scope, upload_id, Purpose.SELECTION, field=("sims", "uploadId")) as (owner, file):
            lines = await asyncio.to_thread(listed, file, most=MOST_ROWS)
        here = replace(scope, reach=tuple(part for part in scope.reach if part.organization_id in (None, owner)))
        names = {name for line in lines for name in line.names}
        known = await queries.sims_by_numbers(session, here, names)
        targets: dict[UUID, Target] = {}
        unknown = []
        for line in lines:
            id = next((known[name] for name in line.names if name in known), None)
            if id is not None and id not in targets:
                targets[id] = Target(line.number, line.label, id)
                continue
            error = InvalidInput("jobs.twice") if id else NotFound("jobs.unknown_line") if line.names else InvalidInput("jobs.bad_line")
            unknown.append(Exclusion(Ref(Kind.SIM, id) if id else None, line.label, Reason.of(error), line.number))
        return Chosen(list(targets.values()), unknown, are_lines=True)

    async def _place(self, session: Session, scope: Scope, account_id: UUID | None) -> Scope:
        """The part of the scope at or below an account; raises `NotFound` for one that is out of it."""
        if account_id is None:
            return scope
        (account,) = await accounts_by_ids(session, scope, [account_id])
        if account is None:
            raise NotFound(field=("sims", "filter", "accountId"))
        return scope.within(account.organization_id, account.path)

    def _named(self, labels: Mapping[UUID, str]) -> list[Target]:
        wanted = enumerate(dict.fromkeys(self.ids or ()), 1)
        return [Target(index, labels.get(id) or encode(Kind.SIM, id), id) for index, id in wanted]
