"""Puts the demo world into a system: once by itself on the first `run`, or on command with another seed, size or instant."""

from datetime import datetime

from rich.console import Console

from api.faults import CannotStart
from api.settings import Settings
from api.world import World, open_world
from seeds.demo import is_empty, is_seeded, seed_demo
from seeds.size import Size
from store import migrate


class NoDemoHere(CannotStart):
    """Why there will be no demo world, in a sentence for the operator."""


async def seed_first_run(world: World) -> bool:
    """Seeds a development system that has no organization yet; returns whether the demo companies are there."""
    size = world.settings.demo
    if size and not world.settings.production and await is_empty(world.database):
        with Console(stderr=True).status("Making the demo companies …"):
            await seed_demo(world.auth, at=world.clock.now(), size=size)
    return await is_seeded(world.database)


async def seed(settings: Settings, *, number: int, size: Size, at: datetime | None) -> bool:
    """Seeds a system that hasn't got the demo world; returns whether it did."""
    if settings.production:
        raise NoDemoHere("A production system is never seeded: everybody knows the demo's people and their secrets.")
    await migrate.upgrade(settings.database_url)
    async with open_world(settings) as world:
        with Console(stderr=True).status("Making the demo companies …"):
            return await seed_demo(world.auth, at=at or world.clock.now(), seed=number, size=size)
