"""Traces: from a request to what is done for it days later, by the standard that other systems speak.

Off unless `configure` says otherwise; then nothing of OpenTelemetry is imported here, and a client's ``traceparent`` is
only passed on. Spans have names, ids and outcomes, and nothing of what was asked for.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import structlog

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

Kind = Literal["internal", "server", "consumer"]
Attribute = str | int | float | bool
Attributes = Mapping[str, Attribute | None]

MAX_FLUSH_SECONDS = 2.0
"""How long the end of some work waits for its spans to be taken: one who is away to take them holds it up no longer."""
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, section 3.2: version, trace, parent and flags; all zeros are invalid."""
_NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")

_names: list[str] = []
"""Of the service as which this process shows itself; empty while traces are off."""
_parent: ContextVar[str | None] = ContextVar("augury_traceparent", default=None)
_span: ContextVar[Span | None] = ContextVar("augury_span", default=None)


class TracesNotInstalledError(RuntimeError):
    """Traces are asked for, and what makes them is not there."""


class Span:
    """What is being done: its attributes and its outcome. Where traces are off it keeps nothing."""

    def __init__(self, recorded: Any = None) -> None:
        self._recorded = recorded

    def note(self, attributes: Attributes) -> None:
        """Say more of it; None is left out."""
        if self._recorded is not None:
            self._recorded.set_attributes({name: value for name, value in attributes.items() if value is not None})

    def rename(self, name: str) -> None:
        """Call it otherwise, now that more of it is known."""
        if self._recorded is not None:
            self._recorded.update_name(name)

    def fail(self, reason: str) -> None:
        """It came to a bad end; *reason* is a word of ours, and never a message."""
        if self._recorded is not None:
            from opentelemetry.trace import StatusCode

            self._recorded.set_status(StatusCode.ERROR, reason)


def configure(service_name: str, *, are_on: bool) -> None:
    """Say whether traces are made in this process and in those that it forks.

    What sends them is made when there is the first span, in the process that has it: threads do not survive a fork.

    Raises:
        TracesNotInstalledError: they are to be made, and the extra is not installed.
    """
    _names[:] = [service_name] if are_on else []
    if are_on and not is_installed():
        raise TracesNotInstalledError("AUGURY_TRACES is on; install what makes traces: pip install 'augury[telemetry]'")


def is_installed() -> bool:
    """Whether what makes and sends traces is there. Imports no more than the packages above it."""
    try:
        return all(find_spec(name) is not None for name in _NEEDED)
    except ModuleNotFoundError:
        return False


def valid(traceparent: str | None) -> str | None:
    """What another system has sent, if it is what the standard says; else None, as if it had sent nothing."""
    return traceparent if traceparent is not None and _TRACEPARENT.fullmatch(traceparent) else None


def current() -> str | None:
    """The ``traceparent`` of what is being done here, to be handed on; None where there is no trace."""
    return _parent.get()


def annotate(attributes: Attributes) -> None:
    """Say more of what is being done here, see `Span.note`."""
    span = _span.get()
    if span is not None:
        span.note(attributes)


@contextmanager
def span(
    name: str, parent: str | None, kind: Kind = "internal", *, attributes: Attributes | None = None
) -> Iterator[Span]:
    """A span for the length of the block, below *parent*.

    What the block raises is noted by the name of its type.
    """
    if not _names:
        with _being(Span(), valid(parent)) as made:
            yield made
        return
    recorded = _start(name, valid(parent), kind)
    context = recorded.get_span_context()
    own = f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
    made = Span(recorded)
    made.note(attributes or {})
    with _being(made, own), structlog.contextvars.bound_contextvars(trace_id=f"{context.trace_id:032x}"):
        try:
            yield made
        except BaseException as error:
            made.fail(type(error).__name__)
            raise
        finally:
            recorded.end()


@contextmanager
def _being(made: Span, traceparent: str | None) -> Iterator[Span]:
    tokens = _span.set(made), _parent.set(traceparent)
    try:
        yield made
    finally:
        _span.reset(tokens[0])
        _parent.reset(tokens[1])


def flush(seconds: float = MAX_FLUSH_SECONDS) -> None:
    """Have the spans of this process sent now, and wait for that, but not for longer."""
    if not _names or not _has_provider(os.getpid()):
        return
    # The processor's own flush takes as long as the exporter does, whatever it is told.
    thread = threading.Thread(target=_provider(os.getpid()).force_flush, name="traces-flush", daemon=True)
    thread.start()
    thread.join(seconds)


def _start(name: str, parent: str | None, kind: Kind) -> Any:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    tracer = _provider(os.getpid()).get_tracer("augury")
    context = None if parent is None else TraceContextTextMapPropagator().extract({"traceparent": parent})
    return tracer.start_span(name, context=context or Context(), kind=SpanKind[kind.upper()])


_with_provider: set[int] = set()


def _has_provider(process_id: int) -> bool:
    return process_id in _with_provider


@cache
def _provider(process_id: int) -> TracerProvider:
    """What makes and sends the spans of a process. It is no global one: what libraries would trace is not ours."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    about: dict[str, Attribute] = {"process.pid": process_id}
    if not os.environ.get("OTEL_SERVICE_NAME"):  # which would be overridden
        about["service.name"] = _names[0]
    provider = TracerProvider(resource=Resource.create(about))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _with_provider.add(process_id)
    return provider
