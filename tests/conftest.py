"""What all tests share."""

from __future__ import annotations

import signal
import uuid
import warnings
from collections.abc import Iterator

import pytest

from tests import servers

# A shell that starts the tests in the background has them ignore Ctrl-C, and children inherit that. Tests that send
# it to processes they start need the usual meaning.
signal.signal(signal.SIGINT, signal.default_int_handler)


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
def warm() -> None:
    """TensorFlow as a pool process has it, one thread and deterministic, before anything else uses it."""
    from augury.training.warmup import warm_up  # TensorFlow, which few tests need

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warm_up(threads=1)
