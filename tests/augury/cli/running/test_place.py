"""Where a job is carried out, if nobody says so: a service that is there, or one that is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from augury.cli.running import place
from augury.errors import NotInstalled
from augury.local.data_directory import DataDirectory
from tests.augury.stand_in import Answer, StandIn

READY = {"status": "ready", "checks": {}}


@pytest.fixture(autouse=True)
def _nothing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, service: StandIn) -> None:
    """No address is given, no stack runs in this folder, and the usual port is the stand-in's."""
    monkeypatch.delenv("AUGURY_URL")
    monkeypatch.setenv("AUGURY_API_KEY", "secret")
    monkeypatch.setattr(place, "FALLBACK_URL", service.url)
    monkeypatch.chdir(tmp_path)


def test_a_service_on_the_usual_port_is_used_once_it_has_said_what_it_is(service: StandIn) -> None:
    """It is asked without the key, which is not everybody's business."""
    service.will(Answer(200, READY))
    with place.service_or_stack(None, None) as found:
        assert (found.client.url, found.again, found.data_dir) == (service.url, "", None)
    (asked,) = service.asked
    assert asked.path == "/readyz"
    assert "Authorization" not in asked.headers


@pytest.mark.parametrize(
    "answer",
    [Answer(200, b"<html>", "text/html"), Answer(404, {}), Answer(0), Answer(503, READY | {"status": "unavailable"})],
    ids=["a page", "nothing there", "no answer", "not well"],
)
def test_whatever_else_is_on_the_usual_port_is_let_be(answer: Answer, service: StandIn) -> None:
    """A stack is started then."""
    service.will(answer)
    assert place._found(None) is None


def test_what_is_named_comes_before_what_runs(
    service: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An option, the variable, the stack of this folder, the usual port: in this order."""
    service.will(Answer(200, READY))
    assert place._found(None) == service.url
    directory = DataDirectory(tmp_path / ".augury")
    directory.announce("http://127.0.0.1:4711", {})
    assert place._found(None) == "http://127.0.0.1:4711"
    monkeypatch.setenv("AUGURY_URL", "http://127.0.0.1:9")
    assert place._found(None) == "http://127.0.0.1:9"
    assert place._found("http://127.0.0.1:7") == "http://127.0.0.1:7"
    directory.release()


def test_a_stack_that_is_not_installed_is_not_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And what to do is said: install it, or name a service."""
    monkeypatch.setattr(place, "_OF_A_STACK", ("no_such_library",))
    with (
        pytest.raises(NotInstalled, match=r"no_such_library.*pip install 'augury\[local\]'.*--url"),
        place.own_stack(tmp_path / "data"),
    ):
        pass
    assert not (tmp_path / "data").exists()
