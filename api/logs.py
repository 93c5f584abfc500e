"""How our processes write their log: an event a line on stdout, a bug with its traceback."""

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback


def configure() -> None:
    """Keeps variables out of tracebacks: by default they are printed with their values, and those are codes, tokens and people's data."""
    processors = [one for one in structlog.get_config()["processors"] if not isinstance(one, ConsoleRenderer)]
    structlog.configure([*processors, ConsoleRenderer(exception_formatter=plain_traceback)])
