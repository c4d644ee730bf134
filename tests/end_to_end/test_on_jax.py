"""A job whose models JAX computes, several trials in a step, by a worker of its own beside the others."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from api_schemas.reports.report import Report
from tests.augury.jax_beside import require_jax, with_jax
from tests.end_to_end.stack import Stack, comparison
from tests.servers import wait_for

ROWS = 4


def _on_jax(first_seed: int, epochs: int) -> dict[str, Any]:
    """Six trials: two arms on three seeds."""
    request = comparison(epochs=epochs, first_seed=first_seed, seeds=3, training_images=100)
    return request | {"training": {"epochs": epochs, "backend": "jax"}}


@pytest.fixture(scope="module")
def said_before(stack: Stack) -> Iterator[str | None]:
    """What a plan says that no worker is there for; afterwards there is one, for as long as these tests take."""
    require_jax()
    plan = stack.http.post("/v1/jobs?validate_only=true", json=_on_jax(9_000, epochs=2)).json()
    stack.start_worker("cpu-jax", AUGURY_WORKER_CONCURRENCY="1", AUGURY_TRIALS_PER_STEP=str(ROWS), **with_jax())
    yield plan["waiting_for"]
    stack.terminate("cpu-jax")


def test_a_job_says_that_it_needs_a_worker_for_jax(said_before: str | None) -> None:
    """Before it is submitted, with what an operator has to start."""
    assert said_before is not None
    assert "python -m workers cpu-jax" in said_before


@pytest.mark.usefixtures("said_before")
def test_a_job_on_jax_runs_from_its_request_to_its_report(stack: Stack) -> None:
    """With the same specs and seeds it has other trials than a job on TensorFlow, which the other worker trains."""
    usual = comparison(epochs=2, first_seed=9_100, seeds=3, training_images=100)
    jobs = [stack.submit(request) for request in (usual, _on_jax(9_100, epochs=2))]
    assert [stack.finished(job["id"])["state"] for job in jobs] == ["succeeded"] * 2
    reports = [Report.model_validate(stack.report(job["id"])) for job in jobs]
    assert [report.method.backend for report in reports] == ["tensorflow", "jax"]
    assert [report.cost.trials_reused for report in reports] == [0, 0]
    assert [report.cost.probes_failed for report in reports] == [0, 0]
    assert "jax" in reports[1].provenance.versions
    versions = [{*trial["result"]["versions"]} for job in jobs for trial in stack.trials(job["id"])]
    assert versions == [{"keras", "tensorflow"}] * 6 + [{"keras", "jax", "jaxlib"}] * 6


@pytest.mark.usefixtures("said_before")
def test_the_same_request_again_trains_nothing_and_reports_the_same(stack: Stack) -> None:
    """Trials on JAX have addresses as all have; only the job is another one, in what it says to do next."""
    jobs = [stack.finished(stack.submit(_on_jax(9_200, epochs=2))["id"])["id"] for _ in range(2)]
    reports = [stack.report(job) for job in jobs]
    assert [report["cost"]["trials_reused"] for report in reports] == [0, 6]
    once, again = (json.dumps(report["candidates"]).replace(job, "") for job, report in zip(jobs, reports, strict=True))
    assert once == again


@pytest.mark.usefixtures("said_before")
def test_a_process_that_is_killed_in_the_middle_of_a_step_loses_no_trial(stack: Stack) -> None:
    """Those of the step are trained again, one by one, and nothing else is."""
    job = stack.submit(_on_jax(9_300, epochs=600))

    def begun() -> list[dict[str, Any]]:
        return [trial for trial in stack.trials(job["id"]) if trial["state"] == "running" and trial["epoch"] > 0]

    wait_for(lambda: len(begun()) == ROWS, "a step to be full of trials")
    stack.kill_owner_of(begun()[0]["id"])
    assert stack.finished(job["id"])["state"] == "succeeded"
    assert Counter(trial["attempts"] for trial in stack.trials(job["id"])) == {2: ROWS, 1: 2}
