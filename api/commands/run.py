"""`simurgh run`."""

from typing import Annotated

import typer

from api import run as tree
from api.commands.options import Data, Host, Port
from api.settings import data_folder, read_settings
from api.stopping import to_the_end


def run(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget everything in the data folder first.")] = False,
) -> None:
    """Runs the whole system: migrations, demo data once, document server, API and worker."""
    if fresh:
        tree.forget(data_folder(data_dir=data))
    to_the_end(tree.run(read_settings(host=host, port=port, data_dir=data)))
