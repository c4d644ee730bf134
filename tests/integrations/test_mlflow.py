"""``augury publish --to mlflow`` against a real tracking server."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.augury.reporting import samples
from tests.integrations.conftest import Publisher, Service
from tests.servers import NOBODY, PATIENCE_SECONDS
from tests.service.web.stored import ended_job, training_job

PARENT = "mlflow.parentRunId"
AWAY = "http://127.0.0.1:1"


class Tracked:
    """What a tracking server has of a job, as its own interface says."""

    def __init__(self, server: str, job_id: str) -> None:
        self.server = server
        search = {"filter": f"tags.`augury.job_id` = '{job_id}'", "max_results": 1000}
        runs = self._ask("POST", "runs/search", {"experiment_ids": [self._experiment()], **search}).get("runs", [])
        named = [{**run, "tags": _pairs(run, "tags"), "metrics": _pairs(run, "metrics")} for run in runs]
        self.jobs = [run for run in named if PARENT not in run["tags"]]
        self.arms = {run["tags"]["augury.arm"]: run for run in named if PARENT in run["tags"]}
        self.count = len(named)

    def history(self, run: dict[str, Any], metric: str) -> list[tuple[int, float]]:
        """Every value of a metric with its step."""
        asked = {"run_id": run["info"]["run_id"], "metric_key": metric}
        return [
            (int(each.get("step", 0)), each["value"])
            for each in self._ask("GET", "metrics/get-history", asked)["metrics"]
        ]

    def artifacts(self, run: dict[str, Any]) -> set[str]:
        """Names of its files."""
        return {each["path"] for each in self._ask("GET", "artifacts/list", {"run_id": run["info"]["run_id"]})["files"]}

    def make(self, tags: dict[str, str]) -> str:
        """The id of a new run, as another program makes it."""
        said = {
            "experiment_id": self._experiment(),
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        return str(self._ask("POST", "runs/create", said)["run"]["info"]["run_id"])

    def _experiment(self) -> str:
        found = self._ask("GET", "experiments/get-by-name", {"experiment_name": "augury"})
        return str(found["experiment"]["experiment_id"])

    def _ask(self, method: str, path: str, said: dict[str, Any]) -> dict[str, Any]:
        how: dict[str, Any] = {"params": said} if method == "GET" else {"json": said}
        how |= {"timeout": PATIENCE_SECONDS, "verify": NOBODY}
        answer = httpx2.request(method, f"{self.server}/api/2.0/mlflow/{path}", **how)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


def _pairs(run: dict[str, Any], what: str) -> dict[str, Any]:
    return {each["key"]: each["value"] for each in run["data"].get(what, [])}


def _told(publisher: Publisher, job_id: str, server: str | None, **order: Any) -> dict[str, Any]:
    """How publishing there ended; to a server that nobody names where it is None."""
    return publisher.told(job_id, "mlflow", *(["--tracking-uri", server] if server else []), **order)


def _published(publisher: Publisher, job_id: str, server: str) -> tuple[str, str]:
    """What was said on stdout and on stderr, having ended well."""
    done = _told(publisher, job_id, server)
    assert done["code"] == 0, done
    return done["out"].strip(), done["err"]


def test_a_job_becomes_a_run_with_a_run_for_each_arm(
    publisher: Publisher, service: Service, mlflow_server: str
) -> None:
    """With verdicts, intervals, curves, the report as files and the dataset as input; and that once."""
    job_id = service.reported()
    page, _ = _published(publisher, job_id, mlflow_server)
    tracked = Tracked(mlflow_server, job_id)
    (job,) = tracked.jobs
    assert page == f"{mlflow_server}/#/experiments/{job['info']['experiment_id']}/runs/{job['info']['run_id']}"
    assert set(tracked.arms) == {arm.name for arm in samples.full().arms}
    assert (job["tags"]["augury.verdict.over"], job["tags"]["augury.project"]) == ("hurts", "default")
    assert job["metrics"]["difference_low/targeted"] == pytest.approx(1.3)
    assert tracked.artifacts(job) == {"report.html", "report.json"}
    over = tracked.arms["over"]
    assert over["tags"][PARENT] == job["info"]["run_id"]
    assert over["tags"]["augury.verdict"] == "hurts"
    assert [step for step, _ in tracked.history(over, "epochs/validation_accuracy")] == list(
        range(1, samples.EPOCHS + 1)
    )
    (given,) = over["inputs"]["dataset_inputs"]
    assert given["dataset"]["digest"] == "ab" * 16
    assert {run["info"]["status"] for run in (job, *tracked.arms.values())} == {"FINISHED"}

    _, said = _published(publisher, job_id, mlflow_server)
    assert "All 9 runs were there already" in said
    assert Tracked(mlflow_server, job_id).count == 9


def test_what_an_interrupted_attempt_left_out_is_added(
    publisher: Publisher, service: Service, mlflow_server: str
) -> None:
    """Nothing is made twice: not the run of the job, nor an arm that was complete, nor a value of one that was not."""
    job_id = service.reported()
    done = _told(publisher, job_id, mlflow_server, breaks_at=3)
    assert (done["code"], "MLflow did not take it: the line is gone" in done["err"]) == (5, True), done
    assert Tracked(mlflow_server, job_id).count == 4
    _, said = _published(publisher, job_id, mlflow_server)
    assert "7 runs written, 2 were there already" in said
    tracked = Tracked(mlflow_server, job_id)
    assert (len(tracked.jobs), len(tracked.arms), tracked.count) == (1, 8, 9)
    curve = tracked.history(tracked.arms["appropriate"], "epochs/validation_accuracy")
    assert len(curve) == samples.EPOCHS


def test_a_job_that_went_on_is_brought_up_to_date(publisher: Publisher, service: Service, mlflow_server: str) -> None:
    """Its run stays, with another verdict; its arms are made anew."""
    job_id = service.reported()
    page, _ = _published(publisher, job_id, mlflow_server)
    extended = samples.full().model_dump() | {"created_at": "2026-02-01T12:00:00.000Z"}
    extended["candidates"][1]["verdict"] = "hurts"
    service.replace_report(job_id, samples.Report.model_validate(extended))
    assert _published(publisher, job_id, mlflow_server)[0] == page
    tracked = Tracked(mlflow_server, job_id)
    assert tracked.count == 9
    assert tracked.jobs[0]["tags"]["augury.verdict.appropriate"] == "hurts"
    assert tracked.arms["appropriate"]["tags"]["augury.verdict"] == "hurts"


def test_what_was_made_twice_in_the_same_moment_becomes_one(
    publisher: Publisher, service: Service, mlflow_server: str
) -> None:
    """The run that is complete stays, with its arms; the other one goes, with its own."""
    job_id = service.reported()
    page, _ = _published(publisher, job_id, mlflow_server)
    tracked = Tracked(mlflow_server, job_id)
    twin = tracked.make({"augury.job_id": job_id, "augury.project": "default"})
    tracked.make({"augury.job_id": job_id, "augury.project": "default", PARENT: twin, "augury.arm": "over"})
    assert Tracked(mlflow_server, job_id).count == 11
    assert _published(publisher, job_id, mlflow_server)[0] == page
    assert Tracked(mlflow_server, job_id).count == 9


def test_names_that_are_meant_to_break_something_are_taken(
    publisher: Publisher, service: Service, mlflow_server: str
) -> None:
    """As MLflow can take them."""
    job_id = service.reported(samples.hostile())
    _published(publisher, job_id, mlflow_server)
    assert Tracked(mlflow_server, job_id).count == 9


def test_a_job_that_is_not_over_is_refused(publisher: Publisher, service: Service) -> None:
    """With what to do; one that failed, with why it has no report."""
    going, failed = training_job(service.database), ended_job(service.database, None)
    for job_id, why in ((going, "there is a report once it is over"), (failed, "failed without a report: 3 workers")):
        done = _told(publisher, job_id, AWAY)
        assert (done["code"], why in done["err"]) == (2, True), done
        assert "augury watch" in done["err"]


def test_a_server_that_is_away_is_said_to_be(publisher: Publisher, service: Service) -> None:
    """In a sentence; and one that nobody named, too."""
    job_id = service.reported()
    done = _told(publisher, job_id, AWAY, variables={"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"})
    assert (done["code"], "MLflow did not take it" in done["err"]) == (5, True), done
    unnamed = _told(publisher, job_id, None)
    assert (unnamed["code"], "MLFLOW_TRACKING_URI" in unnamed["err"]) == (2, True), unnamed
