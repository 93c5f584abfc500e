"""Which SIM cards somebody acts on: some by their ids, or all that match a filter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from domain.accounts.queries import accounts_by_ids
from domain.jobs.deeds import Target
from domain.jobs.service import AT_ONCE, MOST_ROWS, Chosen
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import Kind, encode
from domain.kernel.scope import Scope
from domain.sims import queries
from domain.sims.queries import SimFilter
from store.session import Session

MOST_IDS = 250


@dataclass(frozen=True)
class SimSelection:
    """Cards by their ids, at most 250 (more are `InvalidInput`), or by a filter within the scope."""

    ids: Sequence[UUID] | None = None
    filter: SimFilter | None = None

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
            place = await self._place(session, scope, self.filter.account_id)
            found = await queries.sims_chosen(session, place, replace(self.filter, account_id=None), most=MOST_ROWS + 1)
            return Chosen([Target(index, label, id) for index, (id, label) in enumerate(found, 1)])
        return Chosen(self._named(dict(await queries.sims_chosen(session, scope, SimFilter(), self.ids or (), most=MOST_IDS))))

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
