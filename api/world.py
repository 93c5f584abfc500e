"""The composition root: every part that a request, the worker or a command needs, opened once and closed together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from api.settings import Settings
from auth import registry as auth_registry
from domain import registry
from domain.kernel.clock import Clock, SystemClock
from store.documents import open_documents
from store.session import Database
