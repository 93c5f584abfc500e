"""The door: every route of the system under one application."""

from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from api import documents, files, graphiql, graphql, hooks, keys, payments, sockets, uploads
from api.admission import Admission
from api.budget import Budget, SharedBudget
from api.dev import inbox, psp
from api.probes import probes
from api.readiness import readiness
from api.settings import DocumentPolicy
from api.trusted import TrustedDocuments
from api.world import World
from gateways.psp_sandbox import SandboxGateway
from schema.kernel.documents import Documents
from schema.root import schema

BUILT: Final = Path(__file__).resolve().parents[1] / ".build"


def build(world: World) -> Starlette:
    """The application over an open world; development pages only where there is an inbox."""

    only = world.settings.trusted_documents is DocumentPolicy.REQUIRED
    prepared = Documents(schema)
    if world.metrics:
        prepared.follow(world.metrics.follow)
    asking = (prepared, TrustedDocuments(world.database, only=only), SharedBudget(world.shared) if world.shared else Budget())
    admission = Admission(*asking)
    routes: list[BaseRoute] = [
        *sockets.routes(world, admission),
        *graphql.routes(world, admission),
        *probes(readiness(world)),
        *documents.routes(world, *asking),
        *keys.routes(world),
        *files.routes(world),
        *uploads.routes(world),
        *payments.routes(world),
        *graphiql.routes(BUILT / "graphiql", "/graphql"),
    ]
    if world.settings.sms_hook_secret:
        routes += hooks.routes(world, world.settings.sms_hook_secret)
    if world.inbox:
        routes += inbox.routes(world.inbox)
        sandboxes = (gateway for gateway in world.terminals.by_name.values() if isinstance(gateway, SandboxGateway))
        routes += [route for gateway in sandboxes for route in psp.routes(gateway)]
    return Starlette(routes=routes)
