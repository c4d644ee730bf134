"""The client: what it sends, what it makes of the answers, and how long it tries."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from api_schemas.candidates import Candidate
from api_schemas.datasets.references import BuiltinReference
from api_schemas.jobs import ComparisonRequest, JobKind, JobState
from api_schemas.plans import AugmentationPlan, Plan
from augury import AuguryError, Client, RequestRefused, ServiceFailed, ServiceUnreachable
from augury.client.address import FALLBACK_URL, default_url
from augury.local.data_directory import DataDirectory
from augury.local.ports import free_port
from tests.augury.datasets.sources.fetches import server_tls
from tests.augury.stand_in import Answer, StandIn, problem, serving
from tests.augury.wire import REQUEST, job


def test_a_submitted_job_is_returned_typed(service: StandIn) -> None:
    """`submit` posts the request and gives the job back as a model."""
    service.will(Answer(202, job(JobState.QUEUED)))
    with Client(service.url) as client:
        submitted = client.submit(REQUEST)
    assert submitted.state is JobState.QUEUED
    assert (service.asked[0].method, service.asked[0].path, service.asked[0].body) == ("POST", "/v1/jobs", REQUEST)


def test_a_request_may_be_a_model(service: StandIn) -> None:
    """A request model is sent without its defaults, which are the service's to choose."""
    service.will(Answer(202, job()))
    request = ComparisonRequest(
        kind="comparison",
        dataset=BuiltinReference(kind="builtin", name="digits"),
        candidates=[Candidate.model_validate(REQUEST["candidates"][0])],  # type: ignore[index]
    )
    with Client(service.url) as client:
        client.submit(request)
    assert service.asked[0].body == REQUEST


@pytest.mark.parametrize(
    ("kind", "plan"),
    [
        (JobKind.COMPARISON, Plan(kind=JobKind.COMPARISON, arms=[], candidates=[], seeds=[0, 1], trials=2)),
        (JobKind.TRAINING, Plan(kind=JobKind.TRAINING, arms=[], candidates=[], seeds=[0], trials=1)),
        (
            JobKind.AUGMENTATION,
            AugmentationPlan(passes=2, source_images=None, images=None, images_per_chunk=None, chunks=None),
        ),
    ],
)
def test_the_plan_of_every_kind_is_returned_typed(
    service: StandIn, kind: JobKind, plan: Plan | AugmentationPlan
) -> None:
    """As the model of its own kind; nothing is submitted."""
    service.will(Answer(200, plan.model_dump(mode="json")))
    with Client(service.url) as client:
        assert client.plan({"kind": kind.value}) == plan
    assert service.asked[0].path == "/v1/jobs?validate_only=true"


@pytest.mark.parametrize("trouble", [Answer(0), Answer(503), problem(503, "the database is away")])
def test_a_retried_submission_carries_the_same_idempotency_key(service: StandIn, trouble: Answer) -> None:
    """After a lost connection or a 503, the submission is sent again under its first key."""
    service.will(trouble, trouble, Answer(202, job()))
    with Client(service.url) as client:
        client.submit(REQUEST)
    keys = [asked.headers["Idempotency-Key"] for asked in service.asked]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_two_submissions_have_different_idempotency_keys(service: StandIn) -> None:
    """Submitting the same request twice on purpose makes two jobs, unless the caller names one key."""
    service.will(Answer(202, job()))
    with Client(service.url) as client:
        client.submit(REQUEST)
        client.submit(REQUEST)
        client.submit(REQUEST, idempotency_key="mine")
    keys = [asked.headers["Idempotency-Key"] for asked in service.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


def test_a_refusal_lists_every_faulty_field(service: StandIn) -> None:
    """The text of `RequestRefused` names each field, and the problem is there for programs. It is not retried."""
    first = ("body.candidates[0].spec.zoom_range", "got 1.5, expected a number less than 1")
    second = ("body.epochs", "unknown field; did you mean 'training'?")
    service.will(problem(422, "2 fields are wrong", first, second))
    with Client(service.url) as client, pytest.raises(RequestRefused) as refused:
        client.submit(REQUEST)
    assert str(refused.value).splitlines() == [
        "The request is not valid: 2 fields are wrong",
        f"  {first[0]}: {first[1]}",
        f"  {second[0]}: {second[1]}",
    ]
    assert refused.value.problem.status == 422
    assert len(service.asked) == 1


def test_a_service_that_does_not_answer_is_unreachable() -> None:
    """Without anybody listening, the error names the URL, and comes when the patience is over."""
    url = f"http://127.0.0.1:{free_port()}"
    began = time.monotonic()
    with Client(url, patience=0.5) as client, pytest.raises(ServiceUnreachable, match=url):
        client.jobs()
    assert time.monotonic() - began < 8


def test_a_service_behind_https_has_to_prove_itself(tmp_path: Path) -> None:
    """By a certificate of somebody whom this machine trusts: to another one nothing is said."""
    with serving(server_tls(tmp_path)) as service:
        with Client(service.url, patience=0.3) as client, pytest.raises(ServiceUnreachable, match="certificate"):
            client.jobs()
        assert service.asked == []


def test_a_service_that_stays_unavailable_says_why(service: StandIn) -> None:
    """A 503 that lasts becomes `ServiceUnreachable` with the service's own reason."""
    service.will(problem(503, "the broker is away"))
    with Client(service.url, patience=0.3) as client, pytest.raises(ServiceUnreachable, match="the broker is away"):
        client.submit(REQUEST)
    assert len(service.asked) > 1


@pytest.mark.parametrize("answer", [Answer(200, "<html>"), Answer(200, {"items": "x"}), Answer(500), Answer(404, {})])
def test_an_answer_that_is_not_auguries_is_said_to_be_so(service: StandIn, answer: Answer) -> None:
    """Another program on the port, or a broken service, is `ServiceFailed` and not a traceback."""
    service.will(answer)
    with Client(service.url) as client, pytest.raises(ServiceFailed, match=service.url):
        client.jobs()


@pytest.mark.parametrize("url", ["localhost:8000", "no url", "http://[", "ftp://127.0.0.1"])
def test_a_malformed_url_is_an_augury_error(url: str) -> None:
    """A URL that cannot work is reported like any other failure to reach the service."""
    with pytest.raises(AuguryError), Client(url, patience=0) as client:
        client.jobs()


def test_fields_of_a_newer_service_are_ignored(service: StandIn) -> None:
    """A client keeps working when the service learns to say more."""
    newer = job() | {"new": 1, "progress": job()["progress"] | {"new": 1}}
    service.will(Answer(200, newer))
    with Client(service.url) as client:
        assert client.job("job_1").id == "job_1"


def test_waiting_asks_the_service_to_hold_the_answer(service: StandIn) -> None:
    """`wait_seconds` becomes a `Prefer` header."""
    service.will(Answer(200, job()))
    with Client(service.url) as client:
        client.job("job_1", wait_seconds=7)
        client.job("job_1")
    assert service.asked[0].headers["Prefer"] == "wait=7"
    assert "Prefer" not in service.asked[1].headers


def test_watching_yields_each_change_until_the_end(service: StandIn) -> None:
    """`watch` yields the job at first, then whenever it differs, and ends with the terminal state."""
    states = [job(done=0), job(done=0), job(done=1), job(JobState.SUCCEEDED, 4)]
    service.will(*(Answer(200, state) for state in states))
    with Client(service.url) as client:
        seen = [(each.state, each.progress.trials_done) for each in client.watch("job_1")]
    assert seen == [(JobState.RUNNING, 0), (JobState.RUNNING, 1), (JobState.SUCCEEDED, 4)]


def test_watching_a_finished_job_yields_it_once(service: StandIn) -> None:
    """A job that is over is yielded, and nothing more is asked."""
    service.will(Answer(200, job(JobState.CANCELLED)))
    with Client(service.url) as client:
        assert len(list(client.watch("job_1"))) == 1
    assert len(service.asked) == 1


def test_watching_survives_a_restart_of_the_service(service: StandIn) -> None:
    """Lost connections and 503s in between only delay the next change."""
    service.will(Answer(200, job(done=0)), Answer(0), Answer(503), Answer(0), Answer(200, job(JobState.SUCCEEDED, 4)))
    with Client(service.url) as client:
        assert [each.is_terminal for each in client.watch("job_1")] == [False, True]


def test_watching_gives_up_when_the_service_stays_away(service: StandIn) -> None:
    """The patience of `watch` is bounded."""
    service.will(Answer(200, job()), Answer(503))
    with Client(service.url) as client, pytest.raises(ServiceUnreachable):
        list(client.watch("job_1", patience=0.5))


def test_an_id_cannot_leave_its_part_of_the_path(service: StandIn) -> None:
    """Whatever is passed as an id stays one segment of the path."""
    service.will(Answer(200, job()))
    with Client(service.url) as client:
        client.cancel("../datasets?x=1")
    assert service.asked[0].path == "/v1/jobs/..%2Fdatasets%3Fx%3D1/cancel"


def test_a_listing_is_narrowed_by_what_is_given(service: StandIn) -> None:
    """Filters become query parameters; those left out are not sent."""
    service.will(Answer(200, {"items": [], "next_cursor": None}))
    with Client(service.url) as client:
        client.jobs(state="running", label="team:vision", limit=5)
    assert service.asked[0].path == "/v1/jobs?state=running&label=team%3Avision&limit=5"


@pytest.mark.parametrize(("status", "is_ready"), [(200, True), (503, False), (0, False)])
def test_ready_is_a_plain_yes_or_no(service: StandIn, status: int, is_ready: bool) -> None:
    """`ready` asks once and never raises."""
    service.will(Answer(status, {}))
    with Client(service.url) as client:
        assert client.ready() is is_ready
    assert len(service.asked) == 1


def test_the_default_address_is_the_running_stack_of_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`AUGURY_URL` wins; else a stack that is alive in ./.augury; a file left by a dead one does not count."""
    monkeypatch.chdir(tmp_path)
    assert default_url() == "http://127.0.0.1:9"
    monkeypatch.delenv("AUGURY_URL")
    assert default_url() == FALLBACK_URL
    directory = DataDirectory(tmp_path / ".augury")
    directory.announce("http://127.0.0.1:4711", {})
    assert default_url() == "http://127.0.0.1:4711"
    left_behind = (tmp_path / ".augury" / "stack.json").read_text()
    directory.release()
    (tmp_path / ".augury" / "stack.json").write_text(left_behind)
    assert json.loads(left_behind)["url"] == "http://127.0.0.1:4711"
    assert default_url() == FALLBACK_URL
