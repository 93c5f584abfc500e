"""How our processes write their log: an event a line on stdout with the request it belongs to, a bug with its traceback without values."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Final

import structlog
from structlog.dev import ConsoleRenderer, set_exc_info
from structlog.processors import JSONRenderer, TimeStamper, add_log_level
from structlog.stdlib import ProcessorFormatter, add_logger_name
from structlog.typing import Processor

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered, as its client gets it."""
LEAST: Final = logging.WARNING
"""Libraries tell of their work from here on only: below it httpx and pymongo write addresses and documents."""


def _with_request(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Adds the request an event belongs to."""
    if (request_id := REQUEST_ID.get()) and "request_id" not in event:
        event["request_id"] = request_id
    return event


def _without_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Writes an exception as its frames and the first line of its words: further ones are the row that a database refused."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given else None
    parts: list[str] = []
    while error is not None:
        words = str(error).partition("\n")[0]
        parts.append("".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__module__}.{type(error).__qualname__}: {words}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if parts:
        event["exception"] = "\n\nwhich came after\n\n".join(parts)
    return event


def configure(*, is_json: bool = False) -> None:
    """Sends our own events and those of libraries the same way: JSON for machines, else for eyes.

    Tracebacks go without the values of variables, which structlog would print by default: those are codes, tokens and people's data.
    """
    first: list[Processor] = [_with_request, add_log_level, TimeStamper("iso", utc=True), set_exc_info, _without_values]
    last: Processor = JSONRenderer(ensure_ascii=False) if is_json else ConsoleRenderer(colors=sys.stdout.isatty())
    structlog.configure([*first, last])
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        ProcessorFormatter(foreign_pre_chain=[add_logger_name, *first], processors=[ProcessorFormatter.remove_processors_meta, last])
    )
    logging.basicConfig(handlers=[handler], level=LEAST, force=True)
