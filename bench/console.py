"""Where progress is shown; tables go to stdout."""

from rich.console import Console

CONSOLE = Console(stderr=True)
