"""Where progress is shown, and where tables."""

from rich.console import Console

CONSOLE = Console(stderr=True)
TABLES = Console() if Console().is_terminal else Console(width=120)
"""On stdout, wide enough where there is no screen to fit."""
