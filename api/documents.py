"""The register of an organization's GraphQL documents over HTTP: a program puts in by its token what it will ask for by hash."""

import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from graphql import GraphQLError, OperationDefinitionNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.asking import Refusal, body_of
from api.budget import Budget, seconds_until
from api.graphql import told
from api.sending import PLAIN, sent
from api.trusted import TrustedDocuments
from api.world import World
from auth.identify import identify
from domain.audit.writing import Command, Done, Service, carry_out
from domain.kernel.errors import AccessError, DomainError, RateLimited, Unauthenticated
from domain.kernel.locale import negotiate
from domain.kernel.permissions import Permission
from domain.kernel.plan import MutationMode
from domain.kernel.scope import Scope
from domain.trusted import queries, service
from schema.kernel import limits
from schema.kernel.documents import Documents, name_of
from schema.kernel.trusted import digest_in, id_of
from store.faults import StoreBusy, StoreLost

COST: Final = 500
"""Objects that a request here takes from the asker's budget: it may be a write with an entry in the audit trail."""
TEXT: Final = "application/graphql"
STATUSES: Final = {
    "UNAUTHENTICATED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404, "NOT_ELIGIBLE": 409, "LIMIT_REACHED": 409, "RATE_LIMITED": 429, "BUSY": 503,
    "UNAVAILABLE": 503,
}  # fmt: skip
Answer = tuple[int, dict[str, Any] | None]


class Register:
    """Answers `/documents`."""

    def __init__(self, world: World, documents: Documents, trusted: TrustedDocuments, budget: Budget) -> None:
        self._world = world
        self._documents = documents
        self._trusted = trusted
        self._budget = budget

    async def listed(self, _: Request, scope: Scope) -> Answer:
        """What is registered, and how much may be."""
        async with self._world.database.read() as session:
            rows = await queries.documents_in(session, scope)
        return 200, {"documents": [_shown(row) for row in rows], "most": service.MOST}

    async def put(self, request: Request, scope: Scope) -> Answer:
        """Registers the text in the body: 201, or 200 when it was there. It has to be one that would be served today."""
        digest = _digest(request)
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != TEXT:
            raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", f"Send the text of the document as {TEXT}.")
        content = await body_of(request, limits.SOURCE_BYTES)
        try:
            source = content.decode()
        except UnicodeDecodeError:
            raise Refusal(400, "INVALID_REQUEST", "The document isn't text in UTF-8.") from None
        prepared = self._documents.prepared(source)
        if prepared.document is None or prepared.errors:
            raise prepared.errors[0]
        names = [name_of(part) for part in prepared.document.definitions if isinstance(part, OperationDefinitionNode)]
        done = await self._carried_out(
            "documentRegister", scope, partial(service.register, digest=digest, text=source, label=", ".join(names)[:100])
        )
        return 201 if done.result and done.result["is_new"] else 200, {"documentId": id_of(digest), "operations": names}

    async def remove(self, request: Request, scope: Scope) -> Answer:
        """Takes a document off the register; other processes serve it for a minute more."""
        await self._carried_out("documentRemove", scope, partial(service.remove, digest=_digest(request)))
        self._trusted.forget()
        return 204, None

    async def _carried_out(self, action: str, scope: Scope, work: Service) -> Done:
        return await carry_out(self._world.database, scope, Command(action, MutationMode.APPLY, ""), work, at=scope.at)

    def answering(self, action: Callable[[Request, Scope], Awaitable[Answer]]) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint for whoever holds the right; refusals and failures come as GraphQL's do, with their own status."""

        async def answer(request: Request) -> Response:
            request_id, now = uuid.uuid4().hex, self._world.clock.now()
            locale = negotiate(request.headers.get("accept-language"))
            try:
                actor = await identify(
                    self._world.auth, request.headers.get("authorization"), request.client.host if request.client else "", at=now
                )
                if actor is None:
                    raise Unauthenticated
                locale = negotiate(request.headers.get("accept-language"), [actor.locale])
                scope = actor.scope(Permission.DOCUMENT_MANAGE, now)
                left = await self._budget.take(str(actor.ref.id), COST, now=now)
                if left < 0:
                    raise RateLimited(seconds_until(-left))
                status, body = await action(request, scope)
            except Refusal as refusal:
                error = {"message": refusal.message, "extensions": {"code": refusal.code, "requestId": request_id}}
                status, body = refusal.status, {"errors": [error]}
            except (GraphQLError, AccessError, DomainError, StoreBusy, StoreLost) as fault:
                found = fault if isinstance(fault, GraphQLError) else GraphQLError("", original_error=fault)
                shown = told(found, locale, request_id)
                status, body = STATUSES.get(shown["extensions"]["code"], 400), {"errors": [shown]}
            return sent(body, status, PLAIN, request_id)

        return answer


def _shown(row: queries.TrustedDocumentRow) -> dict[str, Any]:
    return {"documentId": id_of(row.digest), "registeredAt": row.registered_at, "registeredBy": row.registered_by.label}


def _digest(request: Request) -> str:
    digest = digest_in(request.path_params["id"])
    if digest is None:
        raise Refusal(400, "INVALID_REQUEST", "A document's id is sha256: and its hash in 64 hexadecimal digits, small letters.")
    return digest


def routes(world: World, documents: Documents, trusted: TrustedDocuments, budget: Budget) -> list[Route]:
    """`/documents` lists, `/documents/sha256:…` takes PUT and DELETE; all need `document:manage`."""
    register = Register(world, documents, trusted, budget)
    return [
        Route("/documents", register.answering(register.listed), methods=["GET"]),
        Route("/documents/{id}", register.answering(register.put), methods=["PUT"]),
        Route("/documents/{id}", register.answering(register.remove), methods=["DELETE"]),
    ]
