"""What all tests share."""

from __future__ import annotations

import gc
import os
import signal
import sys
import uuid
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from functools import cache
from typing import Any

import hypothesis
import pytest
import sqlalchemy
import typer.testing
from xdist.scheduler import LoadScopeScheduling

from tests import servers
from tests.running import distribution, spent

# A shell that starts the tests in the background has them ignore Ctrl-C, and children inherit that. Tests that send
# it to processes they start need the usual meaning.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests start hundreds of processes that import the same modules. Where the environment keeps Python from storing
# what it has compiled, each would compile all of them again, and each of pytest-xdist's workers all of the tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Typer makes the commands anew of our functions for each call by its runner, which takes longer than most calls do. A
# process of ours makes them once.
typer.testing._get_command = cache(typer.testing._get_command)

# Hypothesis allows an example 200 ms by the clock, which says nothing where other tests run at the same time. A
# property that needs more examples than these, because what it looks for is rare, says so itself.
hypothesis.settings.register_profile("shared-processors", deadline=None, max_examples=50)
hypothesis.settings.load_profile("shared-processors")


def pytest_configure(config: pytest.Config) -> None:
    """Before anything is started."""
    distribution.make_way_for_the_stack(getattr(config, "workerinput", {}).get("workerid", distribution.STACK_WORKER))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Without looking for garbage: a third of the time went into looking again and again at what stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()  # from here on it is looked for among what comes only
        gc.enable()
        spent.begin()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the order that several processes need the least time for."""
    distribution.longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Which worker has which tests, whatever ``--dist`` says."""
    config.option.loadscopereorder = False
    return distribution.StacksOnOneWorker(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With what was spent."""
    report = yield
    spent.note(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """The last things to read: what the time went into, what was skipped, and how to get it."""
    yield
    reports = [each for found in terminalreporter.stats.values() for each in found]
    if terminalreporter.config.option.durations:
        for line in spent.summary([each for each in reports if isinstance(each, pytest.TestReport)]):
            terminalreporter.write_line(line)
    # A skipped test's report carries its file, its line and its reason.
    reasons = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])]
    for reason, count in Counter(reasons).most_common():
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}", yellow=True)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[dict[str, str]]:
    """One S3 for all tests; the variables that lead to it."""
    with servers.s3() as variables:
        yield variables


@pytest.fixture
def bucket(s3_server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket of the test's own, which the AWS libraries find by themselves."""
    import boto3  # which few tests need

    for name, value in s3_server.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{uuid.uuid4().hex}"
    boto3.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="session")
def _migrated_postgres() -> Iterator[str]:
    """One PostgreSQL for all tests of a process, whose first database has the newest schema; the URL of that."""
    from store import migrate
    from store.database import Database

    with servers.postgres() as url:
        database = Database(url)
        migrate.upgrade(database)
        database.close()
        yield url


@pytest.fixture(scope="session")
def new_postgres(_migrated_postgres: str) -> Callable[[], str]:
    """Makes a database of PostgreSQL with the newest schema and nothing in it, and says its URL."""

    def made() -> str:
        server, _, migrated = _migrated_postgres.rpartition("/")
        engine = sqlalchemy.create_engine(f"{server}/template1", isolation_level="AUTOCOMMIT")
        name = f"tests_{uuid.uuid4().hex}"
        with engine.connect() as connection:  # to another one, as nobody may look at what is copied
            connection.execute(sqlalchemy.text(f"CREATE DATABASE {name} TEMPLATE {migrated}"))
        engine.dispose()
        return f"{server}/{name}"

    return made


@pytest.fixture(scope="session")
def warm() -> None:
    """TensorFlow as a pool process has it, one thread and deterministic, before anything else uses it."""
    from augury.training.warmup import warm_up  # TensorFlow, which few tests need

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warm_up(threads=1)
