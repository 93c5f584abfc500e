"""Which parts of a running system answer."""

from api.probes import Ready
from api.world import World
from store.health import documents_answer, sql_answers


def readiness(world: World) -> Ready:
    """Asks each part of a world; Redis only where there is one."""

    async def ready() -> dict[str, bool]:
        parts = {"sql": await sql_answers(world.database), "documents": await documents_answer(world.documents)}
        return parts | ({"redis": await world.shared.answers()} if world.shared else {})

    return ready
