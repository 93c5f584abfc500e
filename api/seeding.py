"""Puts the demo world into a system: once by itself on the first `run`, or on command with another seed, size or instant."""

from datetime import datetime

from rich.console import Console

from api.faults import CannotStart
from api.settings import Settings
from api.world import World, open_world
from seeds.bills import seed_bills
from seeds.demo import is_empty, is_seeded, seed_demo
from seeds.disputes import seed_dispute
from seeds.size import Size
from store import migrate


class NoDemoHere(CannotStart):
    """Why there will be no demo world, in a sentence for the operator."""


async def seed_first_run(world: World) -> bool:
    """Seeds a development system that has no organization yet; returns whether the demo companies are there."""
    size = world.settings.demo
    if size and not world.settings.production and await is_empty(world.database):
        with Console(stderr=True).status("Making the demo companies …"):
            await _seeded(world, world.clock.now(), 1, size)
    return await is_seeded(world.database)


async def seed(settings: Settings, *, number: int, size: Size, at: datetime | None) -> bool:
    """Seeds a system that hasn't got the demo world; returns whether it did."""
    if settings.production:
        raise NoDemoHere("A production system is never seeded: everybody knows the demo's people and their secrets.")
    await migrate.upgrade(settings.database_url)
    async with open_world(settings) as world:
        with Console(stderr=True).status("Making the demo companies …"):
            return await _seeded(world, at or world.clock.now(), number, size)


async def _seeded(world: World, at: datetime, number: int, size: Size) -> bool:
    """The companies with all their past, then their bills, which the bill run makes as it would anybody's."""
    is_new = await seed_demo(world.auth, at=at, seed=number, size=size)
    if is_new:
        await seed_bills(world.database, at=at)
        await seed_dispute(world.database, at=at)
    return is_new
