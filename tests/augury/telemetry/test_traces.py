"""Traces: off they cost nothing and change nothing, on they come whole, from forked processes, too."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.telemetry import traces
from tests.otlp import Receiver, receiving

OTHERS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""The example of the standard."""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """One that the spans of this process go to."""
    with receiving() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        traces.configure("test", are_on=True)
        yield found
        traces.configure("test", are_on=False)
        traces._provider.cache_clear()


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        OTHERS.upper(),
        OTHERS + "-00",
        OTHERS + "\n",
        "01" + OTHERS[2:],
        "00-" + "0" * 32 + OTHERS[35:],
        OTHERS[:36] + "0" * 16 + "-01",
    ],
)
def test_what_is_no_traceparent_is_as_if_nothing_had_been_sent(sent: str | None) -> None:
    """Of another version, of zeros, too long, in capitals, with a line break."""
    assert traces.valid(sent) is None


_LIKE_THE_STANDARD = st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", fullmatch=True)


@given(_LIKE_THE_STANDARD.filter(lambda each: "0" * 16 not in each))
def test_what_the_standard_allows_is_taken_as_it_is(sent: str) -> None:
    """And fits into the column."""
    assert traces.valid(sent) == sent
    assert len(sent) == 55


def test_where_traces_are_off_a_clients_is_passed_on() -> None:
    """The workers may have them on, or have them later."""
    assert traces.current() is None
    with traces.span("x", OTHERS, attributes={"a": 1}) as span:
        span.note({"b": None})
        span.fail("x")
        assert traces.current() == OTHERS
        with traces.span("y", traces.current()):
            assert traces.current() == OTHERS
    assert traces.current() is None
    traces.flush()


def test_where_traces_are_off_nothing_that_makes_them_is_loaded() -> None:
    """Neither by the service nor by the workers, nor as a span is made."""
    program = """
import sys
import service.main, workers.leasing.run_leased
from augury.telemetry import traces
with traces.span("x", None): traces.flush()
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk.trace", "opentelemetry.exporter"))])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_spans_within_spans_are_one_trace(receiver: Receiver) -> None:
    """Below what another system has begun, with what was said of them."""
    about = {"a.b": 1, "c": None}
    with traces.span("outer", OTHERS, "server", attributes=about), traces.span("inner", traces.current()) as inner:
        inner.rename("other")
        traces.annotate({"d": "e"})
    traces.flush(30)
    inner_span, outer = receiver.spans
    assert (outer.name, outer.trace, outer.parent) == ("outer", OTHERS[3:35], OTHERS[36:52])
    assert (inner_span.name, inner_span.trace, inner_span.parent) == ("other", outer.trace, outer.id)
    assert (outer.attributes, inner_span.attributes, outer.service) == ({"a.b": 1}, {"d": "e"}, "test")


def test_what_is_not_sampled_by_the_other_system_is_not_sent(receiver: Receiver) -> None:
    """Its decision holds for the whole trace, and is passed on."""
    with traces.span("x", OTHERS[:-1] + "0"):
        assert str(traces.current()).endswith("-00")
    traces.flush(30)
    assert receiver.spans == []


def test_a_span_that_ends_badly_says_so_without_its_message(receiver: Receiver) -> None:
    """Messages have in them what was asked for."""
    with pytest.raises(ValueError, match="secret"), traces.span("x", None):
        raise ValueError("secret")
    traces.flush(30)
    (span,) = receiver.spans
    assert span.is_error
    assert b"secret" not in b"".join(receiver.bodies)
    assert b"ValueError" in b"".join(receiver.bodies)


def test_a_collector_that_does_not_answer_holds_nobody_up(receiver: Receiver) -> None:
    """A worker goes on with the next unit."""
    receiver.may_answer.clear()
    with traces.span("x", None):
        pass
    traces.flush(0.05)
    assert receiver.is_asked.wait(30)
    assert receiver.spans == []  # and yet flush has returned


def test_a_forked_process_sends_its_own_spans(receiver: Receiver) -> None:
    """Its parent has made no thread, whose locks the child would inherit; the child ends at once, as a pool's does."""
    program = """
import os, threading
from augury.telemetry import traces
traces.configure("pool", are_on=True)
assert threading.active_count() == 1
child = os.fork()
if not child:
    with traces.span("in the child", None): pass
    traces.flush(30)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0 and threading.active_count() == 1
"""
    subprocess.run([sys.executable, "-c", program], env={**os.environ, **receiver.environment}, check=True)
    assert [(span.name, span.service) for span in receiver.spans] == [("in the child", "pool")]


def test_without_the_extra_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """At start, with what to do, and not at the first request."""
    monkeypatch.setattr(traces, "_NEEDED", ("opentelemetry.sdk.trace", "no_such_package.trace"))
    with pytest.raises(traces.TracesNotInstalledError, match=r"pip install 'augury\[telemetry\]'"):
        traces.configure("test", are_on=True)
    traces.configure("test", are_on=False)
    assert threading.active_count() >= 1
