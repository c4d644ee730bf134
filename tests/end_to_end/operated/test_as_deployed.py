"""The stack as several machines would share it, on PostgreSQL and, where it is installed, redis-server, and watched.

Its one job is looked at first, as an operator sees it: one trace, a scrape, and lines of JSON. Then it gets more to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.end_to_end.stack import Stack, comparison, training
from tests.otlp import Receiver, receiving
from tests.servers import Broker, postgres, redis_server_or_valkey, wait_for
from tests.test_deploy import EXPRESSIONS

TRACE, CLIENTS_SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SECRET = "topsecret"


class Watched(NamedTuple):
    """A stack whose spans go to a receiver, and a job that it has done."""

    stack: Stack
    receiver: Receiver
    request: dict[str, Any]
    job: dict[str, Any]
    request_id: str


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One process of each kind, with traces on and a log for programs."""
    folder = tmp_path_factory.mktemp("watched")
    broker = Broker(folder / "broker", binary=redis_server_or_valkey())
    with postgres() as url, receiving() as receiver, pytest.MonkeyPatch.context() as patch:
        for name, value in {**receiver.environment, "AUGURY_TRACES": "true", "AUGURY_LOG_FORMAT": "json"}.items():
            patch.setenv(name, value)
        stack = Stack(folder, broker, url, processes=1, is_harmed=False)
        stack.start()
        try:
            request = comparison(epochs=5, first_seed=0, labels={"team": SECRET})
            request["candidates"][0]["name"] = SECRET
            headers = {"traceparent": f"00-{TRACE}-{CLIENTS_SPAN}-01"}
            response = stack.http.post("/v1/jobs", json=request, headers=headers)
            assert response.status_code == 202, response.text
            job = stack.finished(response.json()["id"])
            assert job["state"] == "succeeded"
            yield Watched(stack, receiver, request, job, response.headers["X-Request-Id"])
        finally:
            stack.stop()


@pytest.fixture(scope="module")
def shared_stack(watched: Watched) -> Stack:
    """For what is no longer watched."""
    return watched.stack


def test_a_request_and_all_that_is_done_for_it_are_one_trace(watched: Watched) -> None:
    """Its client's: of API, planner and pool processes, with ids and outcomes, and with nothing that was sent."""
    due = {"POST /v1/jobs", "plan", "dataset", "trial", "probe", "conclusion"}

    def of_trace() -> list[Any]:
        return [span for span in watched.receiver.spans if span.trace == TRACE]

    wait_for(lambda: {span.name for span in of_trace()} >= due, "all spans to come")
    (request,) = [span for span in of_trace() if span.name == "POST /v1/jobs"]
    assert request.parent == CLIENTS_SPAN
    others = [span for span in of_trace() if span is not request]
    assert {span.parent for span in others} == {request.id}
    assert {span.attributes["augury.job.id"] for span in of_trace()} == {watched.job["id"]}
    services = {span.name: span.service for span in of_trace()}
    assert services == dict.fromkeys(due, "augury-worker-cpu") | {
        "POST /v1/jobs": "augury-api",
        "plan": "augury-worker-control",
    }
    trained = {span.attributes["augury.trial.id"] for span in others if span.name == "trial"}
    assert trained == {trial["id"] for trial in watched.stack.trials(watched.job["id"])}
    assert {span.attributes["augury.outcome"] for span in others if span.name != "plan"} == {"done"}
    assert SECRET.encode() not in b"".join(watched.receiver.bodies)


def test_a_scrape_of_the_stack_has_every_metric_that_alerts_and_dashboard_name(watched: Watched) -> None:
    """And says what the job came to."""
    families = {}
    samples: dict[str, dict[tuple[str, ...], float]] = {}

    def scrape() -> bool:
        response = watched.stack.http.get("/metrics")
        assert response.status_code == 200
        for family in text_string_to_metric_families(response.text):
            families[family.name] = family.type
            for sample in family.samples:
                labels = tuple(value for _, value in sorted(sample.labels.items()))
                samples.setdefault(sample.name, {})[labels] = sample.value
        return ("comparison", "succeeded") in samples.get("augury_jobs_ended_total", {})

    wait_for(scrape, "a scrape that is younger than the job's end")
    named = {name for expression in EXPRESSIONS for name in re.findall(r"\baugury_\w+", expression)}
    shown = {*families, *samples}
    assert {
        name for name in named if not {name, name.removesuffix("_bucket"), name.removesuffix("_total")} & shown
    } == set()
    trials = watched.stack.trials(watched.job["id"])
    assert samples["augury_units_ended_total"]["cpu", "trial", "succeeded"] == len(trials)
    assert samples["augury_unit_seconds_count"]["cpu", "trial", "linear"] == len(trials)
    assert samples["augury_unit_wait_seconds_count"]["cpu", "trial", "linear"] == len(trials)
    assert samples["augury_trial_slots_filled_total"]["no",] == len(trials)
    assert samples["augury_units_ended_total"]["cpu", "dataset", "ready"] == 1.0
    assert sum(samples["augury_verdicts_total"].values()) == 1.0
    assert samples["augury_pool_processes_started_total"]["cpu",] == 1.0
    assert samples["augury_http_requests_total"]["POST", "/v1/jobs", "202"] == 1.0
    assert samples["augury_broker_up"][()] == samples["augury_database_up"][()] == 1.0
    kinds = ("control", "cpu", "gpu", "cpu-jax", "gpu-jax")
    assert set(samples["augury_broker_messages"]) == {(kind,) for kind in kinds}
    labels = {label for each in samples.values() for values in each for label in values}
    assert not [label for label in labels if re.search(r"[0-9a-f]{32}", label) or SECRET in label]


def test_every_line_of_the_log_is_an_object_with_the_ids_it_is_about(watched: Watched) -> None:
    """From the request's id to the job's, and from the job's to its trials'."""
    api, cpu = (_events(watched.stack, name) for name in ("api", "cpu"))
    (accepted,) = [event for event in api if event["event"] == "a job was accepted"]
    assert (accepted["request_id"], accepted["project"]) == (watched.request_id, "default")
    assert (accepted["job"], accepted["trace_id"]) == (watched.job["id"], TRACE)
    begun = [event for event in cpu if event["event"] == "work begins" and "trial" in event]
    assert {event["trial"] for event in begun} == {each["id"] for each in watched.stack.trials(watched.job["id"])}
    assert {(event["job"], event["project"], event["trace_id"]) for event in begun} == {
        (watched.job["id"], "default", TRACE)
    }


def _events(stack: Stack, name: str) -> list[dict[str, Any]]:
    """What a process has logged; libraries in C write lines of their own."""
    lines = (stack.folder / f"{name}.log").read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_the_same_comparison_again_is_a_report_without_training(shared_stack: Stack, watched: Watched) -> None:
    """From request to verdict with every row in PostgreSQL: its trials are found there."""
    again = shared_stack.finished(shared_stack.submit(watched.request)["id"])
    assert again["state"] == "succeeded"
    assert shared_stack.report(again["id"])["cost"]["trials_reused"] == 4


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
