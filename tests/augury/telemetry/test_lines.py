"""What may stand in a line of the log."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.telemetry import lines
from augury.telemetry.lines import MAX_CHARACTERS, clean, cleaned, without_secrets

SETUP = "import logging, structlog\nfrom augury.telemetry.logs import configure_logging\nconfigure_logging({!r})\n"


def logged(log_format: str, program: str) -> list[str]:
    """What a fresh process writes to standard error."""
    command = [sys.executable, "-c", SETUP.format(log_format) + program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()


@given(st.text())
def test_nothing_that_a_client_sends_begins_another_line(text: str) -> None:
    """Whatever characters there are: what is left is one line, as Python, terminals and browsers see it."""
    line = cleaned(text)
    assert line.splitlines() in ([], [line])
    assert line.isprintable() or any(character not in "\n\r\t\x1b" for character in line)
    assert not {"\x1b", "\x00", "\x7f", "\x9b", "\u202e"} & set(line)


@given(st.dictionaries(st.text(), st.recursive(st.text() | st.integers(), lambda each: st.lists(each), max_leaves=5)))
def test_values_within_values_are_cleaned_too(event: dict[str, Any]) -> None:
    """As they are rendered in the end."""
    rendered = repr(clean(None, "info", dict(event)))
    assert len(rendered.splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "kept", "secret"),
    [
        ("key augury_" + "0" * 32 + "_abcDEF123 was sent", "augury_" + "0" * 32 + "_…", "abcDEF123"),
        ("Authorization: Bearer eyJhbGciOi.J9.x-_y", "Bearer …", "eyJhbGciOi"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "Basic …", "dXNlcjpw"),
        ("cannot reach redis://:hunter2@127.0.0.1:6379/0", "redis://:…@127.0.0.1:6379/0", "hunter2"),
        ("postgresql+psycopg://augury:hunter2@127.0.0.1/augury", "postgresql+psycopg://augury:…@127.0.0.1", "hunter2"),
        ("GET https://127.0.0.1/a.zip?X-Amz-Signature=feed&x=1", "X-Amz-Signature=…&x=1", "feed"),
        ("https://127.0.0.1/a.zip?sv=1&sig=hunter2%3D", "sig=…", "hunter2"),
        ("signed with whsec_hunter2+/=", "whsec_…", "hunter2"),
    ],
)
def test_what_lets_somebody_in_is_left_out(text: str, kept: str, secret: str) -> None:
    """And what says where it was is kept."""
    line = cleaned(text)
    assert kept in line
    assert secret not in line


@pytest.mark.parametrize(
    "text", ["a bearer of news", "10:30@noon", "key=value", "tokens: 5", "http://127.0.0.1:8000/x"]
)
def test_what_only_looks_like_it_is_kept(text: str) -> None:
    """A log that hides what is no secret helps nobody."""
    assert cleaned(text) == text


@given(st.sampled_from(lines._SECRETS).flatmap(lambda secret: st.from_regex(secret[0])))
def test_no_secret_is_overlooked_for_the_sake_of_haste(text: str) -> None:
    """A text is only looked through where it has a sign of a secret, and every text that has one has a sign."""
    expected = text
    for pattern, replacement in lines._SECRETS:
        expected = pattern.sub(replacement, expected)
    assert without_secrets(text) == expected != text


def test_a_value_without_end_is_cut_off() -> None:
    """One event does not fill a file."""
    assert len(cleaned("x" * 10 * MAX_CHARACTERS)) == MAX_CHARACTERS


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_event_is_a_line_with_the_ids_around_it(log_format: str) -> None:
    """Of the request, the project, the job and the unit, wherever they were bound."""
    program = """
with structlog.contextvars.bound_contextvars(request_id="r1", project="p1", job="job_1", trial="trial_1"):
    structlog.get_logger("x").info("work\\nbegins", name="a\\r\\n2026-01-01 [info ] all is well")
    logging.getLogger("y").warning("of a %s", "lib\\nrary")
"""
    lines = logged(log_format, program)
    assert len(lines) == 2
    for line in lines:
        assert all(each in line for each in ("r1", "p1", "job_1", "trial_1"))


def test_json_is_an_object_a_line_with_its_traceback_in_it() -> None:
    """So that what collects lines does not tear an event apart."""
    program = """
try:
    raise RuntimeError("no\\nsuch thing, augury_" + "0" * 32 + "_secretsecret")
except RuntimeError:
    structlog.get_logger("x").exception("it failed", job="job_1")
"""
    (line,) = logged("json", program)
    event = json.loads(line)
    assert (event["event"], event["level"], event["job"], event["logger"]) == ("it failed", "error", "job_1", "x")
    assert event["timestamp"].endswith("Z")
    assert "RuntimeError: no" in event["exception"]
    assert "secretsecret" not in line


def test_no_line_of_a_traceback_can_be_taken_for_an_event() -> None:
    """The message of an exception may be of a client's making."""
    program = """
try:
    raise RuntimeError("x\\n2026-01-01T00:00:00Z [info     ] a key was made")
except RuntimeError:
    structlog.get_logger("x").exception("it failed")
"""
    first, *others = logged("text", program)
    assert "it failed" in first
    assert len(others) >= 4
    assert all(line.startswith("  | ") for line in others)
