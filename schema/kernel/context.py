"""What a resolver has at hand: who asks, when, and how to read, to write and to load in batches."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from typing import Any, Protocol, TypeVar
from uuid import UUID
from weakref import proxy

import strawberry
from graphql import OperationDefinitionNode, OperationType
from strawberry import UNSET

from auth.actor import Actor
from domain.audit.looking import AccessLog, Looks
from domain.audit.queries import reason_of_view
from domain.audit.writing import Command, Done, Service, carry_out, fingerprint
from domain.jobs.deeds import Deed, Request
from domain.jobs.service import Many, Selection, carry_out_many
from domain.kernel.errors import Unauthenticated, Unlogged
from domain.kernel.ids import Ref
from domain.kernel.locale import Locale
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import Scope
from schema.engine.documents import Operation
from schema.engine.loading import Loaders
from schema.kernel.documents import name_of
from store.revisions import Place
from store.session import Database

Key = TypeVar("Key")
Value = TypeVar("Value")
NOT_CONTENT = {"mode", "plan_token", "idempotency_key"}


class Live(Protocol):
    """What a subscription lives on: news of things, and who is still there to hear them."""

    def news_of_job(self, job_id: UUID) -> AsyncGenerator[None, None]:
        """Tells at once and then whenever the job has changed, at most twice a second; ends with the job."""
        ...

    def news_of_approvals(self) -> AsyncGenerator[UUID, None]:
        """The ids of approvals that change from now on, whoever may see them."""
        ...

    async def renew(self) -> None:
        """Makes the context that of this very moment; raises `Unauthenticated` once the session or token has ended."""
        ...


@dataclass
class Context:
    """One request: its actor, its instant, its language and its batched loaders; `live` for subscriptions alone."""

    database: Database
    now: datetime
    locale: Locale
    actor: Actor | None
    address: str
    user_agent: str | None
    request_id: str
    parts: Any
    has_dead_token: bool = False
    operation: Operation | None = None
    live: Live | None = None
    looks: Looks = field(default_factory=Looks)
    scopes: dict[Permission, Scope] = field(default_factory=dict)
    revisions: Mapping[Place, int] = field(init=False)
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forgets what was loaded and looked at for the event before."""
        self.scopes, self.looks = {}, Looks()
        self.revisions = self.actor.revisions if self.actor else {}
        self.loaders = Loaders(proxy(self))  # weakly: in a ring, what a request loaded would stay until a collection

    @property
    def view(self) -> Hashable:
        """What decides what this viewer may see of the schema: plans of the engine hold for one such view."""
        return (self.actor.permissions, self.actor.is_masked) if self.actor else None

    def read(self) -> AbstractAsyncContextManager[Any]:
        """A short session for one batch of reads."""
        return self.database.read()

    def asking(self) -> Actor:
        """Who asks; raises `Unauthenticated` for a stranger."""
        if self.actor is None:
            raise Unauthenticated
        return self.actor

    def scope(self, permission: Permission) -> Scope:
        """What the actor may reach with a right; raises `Unauthenticated` or `Forbidden`."""
        scope = self.scopes.get(permission)
        if scope is None:
            scope = self.scopes[permission] = self.asking().scope(permission, self.now)
        return scope

    def scope_of_first(self, *permissions: Permission) -> Scope:
        """The scope of the first of these rights that the actor holds; raises `Unauthenticated` or `Forbidden`."""
        held = self.asking().permissions
        return self.scope(next((permission for permission in permissions if permission in held), permissions[0]))

    async def write(self, info: "Info", scope: Scope, input: Any, service: Service) -> Done:
        """Carries out a business mutation: plans or applies what the service decides (`domain.audit.writing`)."""
        return await self._written(carry_out(self.database, scope, _command(info, input), service, at=self.now))

    async def write_many(self, info: "Info", scope: Scope, input: Any, deed: Deed, request: Request, selection: Selection) -> Done:
        """The same for a deed on a selection of rows: at once for a few, by a job for many (`domain.jobs.service`)."""
        many = Many(deed, request, selection, input.error_policy)
        return await self._written(carry_out_many(self.database, scope, _command(info, input), many, at=self.now))

    async def _written(self, writing: Awaitable[Done]) -> Done:
        done = await writing
        self.loaders.clear()  # what was loaded before is older than what was just written, and so are the revisions
        self.revisions = {}
        return done

    def looked(self, organization_id: UUID, path: str, subject: Ref, *, reason: str) -> None:
        """Notes the look at a secret that a mutation shows; all other looks are noted by the field's right (`schema.kernel.looks`)."""
        self.looks.is_sensitive = self.looks.is_secret = True
        self.looks.reason = reason
        self.looks.saw(organization_id, path, subject)

    async def settle_looks(self, operation: OperationDefinitionNode) -> None:
        """Writes down what was looked at, before the answer leaves where it is sensitive: raises `Unlogged` if that can't be done.

        The answer of a mutation goes out even so and its looks are queued: what it did is done; hiding that would have it done twice.
        """
        if self.actor is None or not self.looks.by_organization:
            return
        log: AccessLog = self.parts.access_log
        reason = await self._reason_of_view(self.actor)
        entries = self.looks.entries(self.actor.ref, name_of(operation), self.address, at=self.now, reason=reason)
        if not self.looks.is_sensitive:
            log.keep_soon(entries)
            return
        try:
            await log.keep(entries)
        except Unlogged:
            if operation.operation is not OperationType.MUTATION or self.looks.is_secret:
                raise
            log.keep_soon(entries)

    async def _reason_of_view(self, actor: Actor) -> str | None:
        """Why support opened this view; null outside of one."""
        if actor.ref.ticket_id is None or actor.session_id is None:
            return None
        organization_id = next(iter(self.looks.by_organization))
        async with self.read() as session:
            return await reason_of_view(session, organization_id, actor.session_id)

    def wanted(self, info: "Info", *path: str) -> frozenset[str] | None:
        """Which attributes of the rows at this path below a field its selection reads, so that no others are fetched; null for all."""
        asked = info._raw_info
        return self.operation.selections.wanted(asked.return_type, asked.field_nodes, path) if self.operation else None

    def known(self, kind: Hashable, ids: Sequence[UUID]) -> list[Any] | None:
        """Rows of a kind that this process has in memory, as they were when the asker was identified or newer; null unless it has all."""
        return self.database.memory.known(kind, ids, self.revisions)

    def keep(self, kind: Hashable, rows: Iterable[Any], place: Callable[[Any], Place]) -> None:
        """Keeps rows of a kind in this process's memory, each for as long as the revision of its place stays (`store/revisions.py`)."""
        for row in rows:
            if row is not None:
                self.database.memory.keep(kind, row.id, row, place(row), self.revisions)

    async def load(
        self, batch: Callable[["Context", list[Key]], Awaitable[Sequence[Value]]], key: Key, *, at_once: bool = False
    ) -> Value:
        """Loads one value together with all others asked for by the same batch function in this step of the execution.

        `at_once` is for a root field that loads nothing else (`Loaders.load`).
        """
        return await self.loaders.load(batch, key, at_once)


def _command(info: "Info", input: Any) -> Command:
    """What a mutation is asked for."""
    content = {spec.name: _plain(getattr(input, spec.name)) for spec in fields(input) if spec.name not in NOT_CONTENT}
    return Command(
        mutation=info.field_name,
        mode=MutationMode(input.mode),
        fingerprint=fingerprint(content),
        plan_token=input.plan_token,
        idempotency_key=getattr(input, "idempotency_key", None),
    )


def _plain(value: Any) -> Any:
    """An input as plain values for its fingerprint; absent fields stay apart from null."""
    if value is UNSET:
        return {"absent": True}
    if isinstance(value, Enum):
        return value.value
    if hasattr(value, "__strawberry_definition__"):
        return {spec.name: _plain(getattr(value, spec.name)) for spec in fields(value)}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, UUID) else value


Info = strawberry.Info[Context, None]
