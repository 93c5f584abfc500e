"""The figures of one process for Prometheus: is it healthy, is it slow, is the outbox late; every process is scraped by itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from domain.kernel.errors import ErrorCode
from store.outbox import Figures, GiveUp, Later, Task

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LAGS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
OF_THE_DOOR: Final = {
    "BODY_TOO_LARGE", "BUSY", "DOCUMENT_NOT_FOUND", "DOCUMENT_NOT_REGISTERED", "FORBIDDEN", "INTERNAL", "INVALID_REQUEST",
    "METHOD_NOT_ALLOWED",
    "NOT_ACCEPTABLE", "RATE_LIMITED", "TOO_COSTLY", "UNAUTHENTICATED", "UNAVAILABLE", "UNSUPPORTED_MEDIA_TYPE", "URL_TOO_LONG",
}  # fmt: skip
CODES: Final = frozenset({*OF_THE_DOOR, *ErrorCode})
OTHER: Final = "other"
"""The label of whatever isn't among those listed, so that no request makes a new one."""


class Metrics:
    """All figures of this process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._requests = Histogram(
            "simurgh_request_seconds", "Time from reading a GraphQL request to its answer", ("operation", "kind"), buckets=SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._errors = Counter("simurgh_errors", "Errors told to clients of GraphQL, by their code", ("code",), registry=self._registry)
        self._work = Histogram(
            "simurgh_outbox_work_seconds", "Time of one piece of work after commit", ("kind", "outcome"), buckets=SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._lag = Histogram("simurgh_loop_lag_seconds", "How late the event loop woke up", buckets=LAGS, registry=self._registry)
        self._oldest = self._gauge("simurgh_outbox_oldest_due_seconds", "How long the oldest due work waits; the same in every process")
        self._due = self._gauge("simurgh_outbox_due", "Work that is due; the same in every process")
        self._dead = self._gauge("simurgh_outbox_dead", "Work given up, which blocks its subject; the same in every process")
        self._pools = Gauge("simurgh_sql_connections", "Connections to SQL", ("pool", "state"), registry=self._registry)
        self._children: dict[tuple[str, str], Histogram] = {}
        self._followed: dict[str, Gauge] = {}

    def answered(self, operation: str, kind: str, codes: Sequence[str], seconds: float) -> None:
        """Counts an answer; `operation` is empty for what isn't an operation of our own clients."""
        key = (operation or OTHER, kind or OTHER)
        child = self._children.get(key) or self._children.setdefault(key, self._requests.labels(*key))
        child.observe(seconds)
        for code in codes:
            self._errors.labels(code if code in CODES else OTHER).inc()

    @contextmanager
    def work(self, task: Task) -> Iterator[None]:
        """Counts and times a piece of work by what came of it: done, later, failed or given up."""
        began, outcome = perf_counter(), "done"
        try:
            yield
        except BaseException as error:
            outcome = "later" if isinstance(error, Later) else "given_up" if isinstance(error, GiveUp) else "failed"
            raise
        finally:
            self._work.labels(task.kind, outcome).observe(perf_counter() - began)

    def late(self, seconds: float) -> None:
        """Notes how late the event loop was."""
        self._lag.observe(max(seconds, 0))

    def outbox(self, figures: Figures) -> None:
        """Notes how the outbox stands."""
        self._oldest.set(figures.oldest_due_seconds)
        self._due.set(figures.due)
        self._dead.set(figures.dead)

    def pools(self, pools: Mapping[tuple[str, str], int]) -> None:
        """Notes how many connections of each pool are in each state."""
        for (pool, state), count in pools.items():
            self._pools.labels(pool, state).set(count)

    def follow(self, name: str, words: str, value: Callable[[], float]) -> None:
        """Shows a value as it is when somebody looks; of two of a name the later one counts."""
        if name not in self._followed:
            self._followed[name] = self._gauge(name, words)
        self._followed[name].set_function(value)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(name, words, registry=self._registry)
