"""Traces by OpenTelemetry, a share of them, over OTLP/HTTP: request, SQL statements without values, and the work after commit."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from api.seen import Seen
from store import outbox
from store.outbox import Later, Task

LONGEST_STATEMENT: Final = 2000
CARRIER: Final = TraceContextTextMapPropagator()


class Traces:
    """Spans of one process, without exceptions' words, which may hold what a person sent.

    A trace begins at our door, or any caller could have us trace everything.
    """

    def __init__(self, url: str, share: float, *, service: str, processor: SpanProcessor | None = None) -> None:
        """`share` from 0 to 1; `url` is the collector's for traces, such as http://collector:4318/v1/traces."""
        sampler = ParentBased(TraceIdRatioBased(share))
        self._provider = TracerProvider(sampler=sampler, resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
        self._provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
        self._tracer = self._provider.get_tracer("simurgh")

    @contextmanager
    def request(self, seen: Seen) -> Iterator[None]:
        """A span of a request; rows that it puts into the outbox carry its trace on."""
        with self._tracer.start_as_current_span(
            "graphql", kind=SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:
            if not span.is_recording():
                yield
                return
            carrier: dict[str, str] = {}
            CARRIER.inject(carrier)
            token = outbox.TRACE.set(carrier.get("traceparent"))
            try:
                yield
            finally:
                outbox.TRACE.reset(token)
                span.update_name(f"{seen.kind or 'refused'} {seen.operation}".strip())
                span.set_attribute("simurgh.request_id", seen.request_id)
                span.set_attribute("graphql.operation.type", seen.kind)
                span.set_attribute("graphql.operation.name", seen.operation)
                if seen.codes:
                    span.set_attribute("simurgh.error_codes", seen.codes)
                    span.set_status(Status(StatusCode.ERROR))

    def statement(self, text: str) -> AbstractContextManager[object]:
        """A span of a SQL statement, whose text has places instead of values; none outside of a trace."""
        if not trace.get_current_span().is_recording():
            return nullcontext()
        attributes = {"db.query.text": text[:LONGEST_STATEMENT]}
        name = text.split(None, 1)[0] if text else "SQL"
        return self._tracer.start_as_current_span(
            name, kind=SpanKind.CLIENT, attributes=attributes, record_exception=False, set_status_on_exception=False
        )

    @contextmanager
    def work(self, task: Task) -> Iterator[None]:
        """A span of work, in the trace of the request that asked for it; of what nobody traced there is none."""
        if task.trace is None:
            yield
            return
        parent = CARRIER.extract({"traceparent": task.trace})
        attributes: dict[str, str | int] = {"simurgh.outbox.seq": task.seq, "simurgh.outbox.attempt": task.attempt}
        with self._tracer.start_as_current_span(
            f"outbox {task.kind}", parent, SpanKind.CONSUMER, attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            token = outbox.TRACE.set(task.trace)
            try:
                yield
            except Later:
                raise
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise
            finally:
                outbox.TRACE.reset(token)

    def close(self) -> None:
        """Sends what waits, and ends the thread that sends."""
        self._provider.shutdown()
