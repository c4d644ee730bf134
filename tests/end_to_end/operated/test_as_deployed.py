"""What an operator sees of the real processes: one trace, a scrape, and lines of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.end_to_end.stack import Stack, comparison
from tests.otlp import Receiver, receiving
from tests.servers import Broker, wait_for
from tests.test_deploy import EXPRESSIONS

TRACE, CLIENTS_SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SECRET = "topsecret"


class Watched(NamedTuple):
    """A stack whose spans go to a receiver, and a job that it has done."""

    stack: Stack
    receiver: Receiver
    job: dict[str, Any]
    request_id: str


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One of its own, as traces are on in it."""
    folder = tmp_path_factory.mktemp("watched")
    with receiving() as receiver, pytest.MonkeyPatch.context() as patch:
        for name, value in {**receiver.environment, "AUGURY_TRACES": "true", "AUGURY_LOG_FORMAT": "json"}.items():
            patch.setenv(name, value)
        stack = Stack(
            folder, Broker(folder / "broker"), f"sqlite:///{folder / 'augury.db'}", processes=1, is_harmed=False
        )
        stack.start()
        try:
            request = comparison(epochs=1, first_seed=0, labels={"team": SECRET})
            request["candidates"][0]["name"] = SECRET
            headers = {"traceparent": f"00-{TRACE}-{CLIENTS_SPAN}-01"}
            response = stack.http.post("/v1/jobs", json=request, headers=headers)
            assert response.status_code == 202, response.text
            job = stack.finished(response.json()["id"])
            assert job["state"] == "succeeded"
            yield Watched(stack, receiver, job, response.headers["X-Request-Id"])
        finally:
            stack.stop()


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
    assert set(samples["augury_broker_messages"]) == {("control",), ("cpu",), ("gpu",)}
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
