"""A data directory of an earlier version under this one: what was trained then is reused, and read as it was."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.plans import Plan
from augury.planning.canonical import digest
from augury.planning.comparison import trial_definitions
from service.main import create_app
from service.settings import ServiceSettings
from store import migrate
from store.database import Database
from store.files.artifacts import Artifacts
from store.queue import ADVANCE, WORK
from store.rows import jobs, leases
from store.rows.access.tables import IdempotencyRow
from store.rows.tables import DatasetRow, JobRow, JobTrialRow, TrialRow
from tests.service.conftest import UNREACHABLE
from tests.workers.conftest import RecordingQueue
from tests.workers.units.carried import advance, run_trial
from workers.context import Context
from workers.settings import WorkerSettings
from workers.units.next_unit import work

pytestmark = pytest.mark.usefixtures("warm")

ARCHIVE = Path(__file__).parent / "fixtures" / "trained_before.tar.xz"
DIGITS = {"kind": "builtin", "name": "digits"}
AS_BEFORE = {"schedule": "constant", "learning_rate": 1e-3}
"""What was not said then, as there was nothing else or it was the default."""
SHORT = {"model": {"name": "linear"}, "training": {"epochs": 2} | AS_BEFORE, "evaluation": {"seeds": 2}}
REQUESTS: dict[str, dict[str, Any]] = {
    "comparison": {
        "kind": "comparison",
        "dataset": DIGITS,
        "candidates": [
            {"name": "shift", "spec": {"width_shift_range": 1, "height_shift_range": 0.1, "rescale": 1 / 255}},
            {"name": "centred", "spec": {"rotation_range": 20, "samplewise_center": True}},
        ],
        **SHORT,
    },
    "training": {
        "kind": "training",
        "dataset": DIGITS,
        "spec": {"horizontal_flip": True, "rescale": 1 / 255},
        **SHORT,
    },
}
"""What was sent to the earlier version."""

TRIALS = {"comparison": 8, "training": 2}
OF_THE_RUN = {"job_id", "created_at", "reused", "trials_reused", "training_seconds", "versions"}
"""Fields of a report that are not about what was found, but about the run."""
JUDGED_ANEW = {
    "why",
    "sentence",
    "summary",
    "method",
    "needed",
    "findings",
    "low",
    "high",
    "confidence",
    "recommendation",
}
"""What a version concludes from its trials: the next may conclude with more care, and in other words."""


@dataclass(frozen=True)
class Upgraded:
    """The directory under this version's service and workers."""

    client: TestClient
    context: Context
    queue: RecordingQueue

    def earlier_job(self, kind: str) -> str:
        """The id of the job that the earlier version carried out."""
        with self.context.database.reading() as session:
            return session.scalars(select(JobRow.id).where(JobRow.kind == kind).order_by(JobRow.id)).first() or ""

    def work_off(self, job_id: str) -> None:
        """Do what the planner asks for, in this process. Nothing may be trained."""
        advance(self.context, job_id)
        while self.queue.waiting:
            for task, about, _ in self.queue.take():
                assert not self._is_anything_long_due(), "everything that takes long is there already"
                {WORK: work, ADVANCE: advance}[task](self.context, about)

    def _is_anything_long_due(self) -> bool:
        with self.context.database.reading() as session:
            queries = [select(row.id).where(row.state == leases.QUEUED) for row in (TrialRow, DatasetRow)]
            return any(session.scalar(query.limit(1)) for query in queries)


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Upgraded]:
    """Unpacked, and migrated as `augury up` does it."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    url = f"sqlite:///{tmp_path / 'augury.db'}"
    database, queue = Database(url), RecordingQueue()
    migrate.upgrade(database)
    settings = WorkerSettings(data_dir=tmp_path, database_url=url)
    context = Context(settings, database, Artifacts(str(tmp_path / "artifacts")), queue)
    service = ServiceSettings(data_dir=tmp_path, database_url=url, broker_url=UNREACHABLE)  # type: ignore[arg-type]
    with TestClient(create_app(service), base_url="http://localhost") as client:
        yield Upgraded(client, context, queue)
    database.close()


def _findings(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a report by path, without what differs from run to run or from version to version."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in OF_THE_RUN | JUDGED_ANEW:
                yield from _findings(inner, f"{path}.{name}")
    elif isinstance(value, list):
        yield f"{path}.length", len(value)
        for at, inner in enumerate(value):
            yield from _findings(inner, f"{path}[{at}]")
    else:
        yield path, value


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_an_earlier_version_trained_is_reused(upgraded: Upgraded, kind: str) -> None:
    """The same request trains nothing and comes to the same accuracies, differences and verdicts."""
    plan = upgraded.client.post("/v1/jobs", params={"validate_only": True}, json=REQUESTS[kind]).json()
    assert (plan["trials"], plan["trials_reusable"]) == (TRIALS[kind], TRIALS[kind])
    earlier = upgraded.earlier_job(kind)
    before = json.loads(upgraded.context.artifacts.read(f"jobs/{earlier}/report.json"))

    job_id = upgraded.client.post("/v1/jobs", json=REQUESTS[kind]).json()["id"]
    upgraded.work_off(job_id)
    job = upgraded.client.get(f"/v1/jobs/{job_id}").json()
    assert (job["state"], job["progress"]["trials_reused"]) == ("succeeded", TRIALS[kind])
    report = upgraded.client.get(f"/v1/jobs/{job_id}/report", headers={"Accept": "application/json"}).json()
    assert report["cost"]["trials"] == report["cost"]["trials_reused"] == TRIALS[kind]

    then, now = dict(_findings(before)), dict(_findings(report))
    numbers = {path for path, value in then.items() if isinstance(value, float)}
    assert now.keys() >= then.keys(), "later versions may say more"
    assert {path: now[path] for path in then.keys() - numbers} == {path: then[path] for path in then.keys() - numbers}
    # The probes are computed anew, on another processor perhaps.
    assert {path: now[path] for path in numbers} == pytest.approx({path: then[path] for path in numbers}, rel=1e-6)


@pytest.mark.parametrize("kind", REQUESTS)
def test_the_jobs_of_an_earlier_version_can_be_read(upgraded: Upgraded, kind: str) -> None:
    """With their phase, their trials and the specs of these."""
    earlier = upgraded.earlier_job(kind)
    job = upgraded.client.get(f"/v1/jobs/{earlier}").json()
    assert (job["kind"], job["state"], job["phase"]) == (kind, "succeeded", "done")
    assert job["request"]["training"]["schedule"] == {"name": "constant"}, "as it was accepted, not as it would be now"
    trials = upgraded.client.get(f"/v1/jobs/{earlier}/trials").json()["items"]
    assert len(trials) == TRIALS[kind]
    assert all(trial["spec"]["fill_mode"] == "nearest" for trial in trials)


@pytest.mark.parametrize("kind", REQUESTS)
def test_jobs_of_an_earlier_version_go_on_as_they_were_accepted(upgraded: Upgraded, kind: str) -> None:
    """Their trials are the ones that they were, whatever requests have as their defaults now."""
    earlier = upgraded.earlier_job(kind)
    with upgraded.context.database.reading() as session:
        job = session.get_one(JobRow, earlier)
        dataset = session.get_one(DatasetRow, job.dataset_id)
        request, plan = jobs.trial_request_of(job), Plan.model_validate(job.plan)
        facts = DatasetFacts.model_validate(dataset.facts)
        keys = {each.key() for _, _, each in trial_definitions(request, plan, dataset.digest or "", facts)}
        assert keys == set(session.scalars(select(TrialRow.key).join(JobTrialRow).where(JobTrialRow.job_id == earlier)))


def _submitted_before(upgraded: Upgraded, kind: str, key: str) -> str:
    """The id of the job that the earlier version carried out, which it had answered to this key."""
    earlier = upgraded.earlier_job(kind)
    with upgraded.context.database.writing() as session:
        request = session.get_one(JobRow, earlier).request
        assert "schedule" not in request["training"], "it was stored by the earlier version"
        answer = {"id": earlier, "request": request}
        session.add(
            IdempotencyRow(
                project_id="default",
                key=key,
                fingerprint=digest(request),
                job_id=earlier,
                response=answer,
                created_at=1.0,
            )
        )
    return earlier


def _as_sent_before(kind: str) -> dict[str, Any]:
    """What was sent, without what could not be said then."""
    training = {name: value for name, value in SHORT["training"].items() if name not in AS_BEFORE}
    return REQUESTS[kind] | {"training": training}


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_key_of_an_earlier_version_still_stands_for_its_request(upgraded: Upgraded, kind: str) -> None:
    """Who sends it again after the upgrade has the first answer, although requests have more fields and defaults."""
    earlier = _submitted_before(upgraded, kind, "before")
    again = upgraded.client.post("/v1/jobs", json=_as_sent_before(kind), headers={"Idempotency-Key": "before"})
    assert (again.status_code, again.json()["id"]) == (202, earlier)
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "changed",
    [{"training": {"epochs": 3}}, {"labels": {"a": "b"}}, {"evaluation": {"seeds": 2, "metric": "macro_f1"}}],
    ids=str,
)
def test_a_key_of_an_earlier_version_stands_for_no_other_request(upgraded: Upgraded, changed: dict[str, Any]) -> None:
    """Nor for one that says what could not be said then and would mean something else."""
    _submitted_before(upgraded, "comparison", "before")
    body = _as_sent_before("comparison") | changed
    answer = upgraded.client.post("/v1/jobs", json=body, headers={"Idempotency-Key": "before"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:augury:problem:idempotency-key-reused")


def _as_first_defined(row: TrialRow) -> None:
    """Without an engine and a kind of split, as definitions were at first."""
    first = {name: value for name, value in row.definition.items() if name not in ("engine", "keep_model")}
    row.definition = first | {"version": "1", "split": {"validation_fraction": 0.2, "training_images": None}}


def test_trials_of_the_first_definitions_can_be_shown(upgraded: Upgraded) -> None:
    """Nobody reuses them, and jobs list them as ever."""
    earlier = upgraded.earlier_job("training")
    with upgraded.context.database.writing() as session:
        for row in session.scalars(select(TrialRow)):
            _as_first_defined(row)
    trials = upgraded.client.get(f"/v1/jobs/{earlier}/trials").json()["items"]
    assert [trial["spec"]["horizontal_flip"] for trial in trials] == [True, True]


def test_a_waiting_trial_that_is_not_understood_fails(upgraded: Upgraded) -> None:
    """Once, with a reason on its row, instead of being claimed for ever."""
    with upgraded.context.database.writing() as session:
        row = session.scalars(select(TrialRow)).first()
        assert row is not None
        _as_first_defined(row)
        row.state, row.result = "queued", None
    run_trial(upgraded.context, row.id)
    with upgraded.context.database.reading() as session:
        row = session.get_one(TrialRow, row.id)
        assert (row.state, row.lease_id) == ("failed", None)
        assert row.error is not None
