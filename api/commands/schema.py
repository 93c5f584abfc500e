"""`simurgh schema`."""

from pathlib import Path
from typing import Annotated

import typer

from api import snapshot


def schema(
    check: Annotated[Path | None, typer.Option(help="Compare with this file; differences are printed and are a failure.")] = None,
    write: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
) -> None:
    """Prints the GraphQL schema."""
    if write:
        write.write_text(snapshot.printed())
    elif check is None:
        typer.echo(snapshot.printed(), nl=False)
    elif lines := snapshot.differences(check):
        typer.echo("\n".join([*lines, "", "The schema changed. Mean it? python3 x.py fix writes the new one."]))
        raise typer.Exit(1)
