"""The same stack on PostgreSQL and, where it is installed, redis-server, as several machines would share it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.end_to_end.stack import Stack, comparison, training
from tests.servers import Broker, postgres, redis_server_or_valkey


@pytest.fixture(scope="module")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """PostgreSQL, redis-server or Valkey, and one process of each kind."""
    folder = tmp_path_factory.mktemp("shared")
    broker = Broker(folder / "broker", binary=redis_server_or_valkey())
    with postgres() as url:
        running = Stack(folder, broker, url, processes=1, is_harmed=False)
        running.start()
        try:
            yield running
        finally:
            running.stop()


def test_a_comparison_runs_to_its_report(shared_stack: Stack) -> None:
    """From request to verdict with every row in PostgreSQL, and the same again without training."""
    first = shared_stack.finished(shared_stack.submit(comparison(epochs=5, first_seed=0))["id"])
    second = shared_stack.finished(shared_stack.submit(comparison(epochs=5, first_seed=0))["id"])

    assert (first["state"], second["state"]) == ("succeeded", "succeeded")
    assert shared_stack.report(second["id"])["cost"]["trials_reused"] == 4


def test_concurrent_submissions_meet_in_one_dataset_one_trial_and_one_job_a_key(shared_stack: Stack) -> None:
    """Transactions that race for the same rows all end well, and leave one row each."""
    request = training(epochs=1, first_seed=100) | {"labels": {"test": "race"}}
    keys = [f"race-{number % 10}" for number in range(60)]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda key: shared_stack.submit(request, **{"Idempotency-Key": key})["id"], keys))

    assert len(set(answers)) == 10
    listed = shared_stack.http.get("/v1/jobs", params={"label": "test:race"}).json()["items"]
    assert {item["id"] for item in listed} == set(answers)
    for job_id in set(answers):
        assert shared_stack.finished(job_id)["state"] == "succeeded"
    assert len({trial["id"] for job_id in set(answers) for trial in shared_stack.trials(job_id)}) == 2
    assert len(shared_stack.http.get("/v1/datasets").json()["items"]) == 1


def test_cancel_in_mid_training(shared_stack: Stack) -> None:
    """Cancelling works on rows that PostgreSQL locks."""
    job = shared_stack.submit(comparison(epochs=1000, model="small_cnn", first_seed=200))
    shared_stack.wait_until_training(job["id"])
    shared_stack.http.post(f"/v1/jobs/{job['id']}/cancel")

    assert shared_stack.finished(job["id"])["state"] == "cancelled"
