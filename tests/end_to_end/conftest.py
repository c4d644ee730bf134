"""One running stack for all end-to-end tests; each test leaves it as healthy as it found it."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.end_to_end.stack import Stack, comparison
from tests.servers import Broker


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """SQLite, a real Valkey, and one process of each kind; stopped before other tests need the processors."""
    folder = tmp_path_factory.mktemp("stack")
    running = Stack(folder, Broker(folder / "broker"), f"sqlite:///{folder / 'augury.db'}")
    running.start()
    try:
        warm = running.submit(comparison(epochs=1, first_seed=1_000_000))
        assert running.finished(warm["id"])["state"] == "succeeded"
        yield running
    finally:
        running.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failure: where each thread of the stack was then, and the end of its logs."""
    report = yield
    if report.when == "call" and report.failed and isinstance(item, pytest.Function):
        for name, value in item.funcargs.items():
            if isinstance(value, Stack):
                report.sections += [(f"{name}: {log}", text) for log, text in value.last_words().items()]
    return report


@pytest.fixture(autouse=True)
def _nothing_is_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that fails must not keep the workers from the next one."""
    yield
    for name in ("stack", "shared_stack"):
        if name in request.fixturenames:
            request.getfixturevalue(name).cancel_everything()
