"""`simurgh seed`."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from api import seeding
from api.commands.options import Data
from api.settings import read_settings
from api.welcome import sign_ins
from seeds.companies import grown_managers
from seeds.size import Size


def seed(
    data: Data = None,
    size: Annotated[Size, typer.Option(help="How many SIM cards; large adds companies of 1,000 and 100,000.")] = Size.DEMO,
    number: Annotated[int, typer.Option("--seed", help="Another number makes another world.")] = 1,
    at: Annotated[datetime | None, typer.Option(help="The world's present, UTC; now if not given.")] = None,
) -> None:
    """Adds the demo companies, once; `run` does it by itself on an empty system."""
    instant = at.replace(tzinfo=UTC) if at else None
    done = asyncio.run(seeding.seed(read_settings(data_dir=data), number=number, size=size, at=instant))
    typer.echo("the demo companies are there" if done else "the demo companies were there already")
    if done:
        typer.echo(sign_ins(grown_managers(size)), nl=False)
