"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

Host = Annotated[str | None, typer.Option(help="Address to listen on (SIMURGH_HOST).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on (SIMURGH_PORT).", min=1, max=65535)]
Data = Annotated[Path | None, typer.Option(help="Folder that holds all state (SIMURGH_DATA_DIR).", file_okay=False)]
