"""The examples for Airflow and Prefect, run by Airflow and Prefect."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from tests.integrations.conftest import ROOT, START_SECONDS, Service, Tools
from tests.servers import PATIENCE_SECONDS, wait_for

REQUEST: dict[str, Any] = {
    "kind": "comparison",
    "dataset": {"kind": "builtin", "name": "digits"},
    "candidates": [{"name": "over", "spec": {"horizontal_flip": True}}],
}
DAGS = """
import sys
from datetime import datetime
sys.path.insert(0, {folder!r})
from airflow.sdk import DAG
from augury_operator import AuguryComparisonOperator

with DAG("check", schedule=None, start_date=datetime(2026, 1, 1)) as dag:
    AuguryComparisonOperator(task_id="compare", request={request!r})
with DAG("strict", schedule=None, start_date=datetime(2026, 1, 1)):
    task = AuguryComparisonOperator(task_id="compare", request={request!r}, fail_on=["hurts"])
"""
RUN_DAGS = """
import json, sys, time
from threading import Thread
from types import SimpleNamespace
from airflow.utils.db import initdb
initdb()

from airflow.models.xcom import XComModel
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.utils.session import create_session
sys.path.insert(0, {folder!r})
from check import dag, task

run = dag.test()
instance = run.get_task_instances()[0]
with create_session() as session:
    rows = session.query(XComModel).filter_by(run_id=run.run_id, key="return_value").all()
    told = [row.value if isinstance(row.value, dict) else json.loads(row.value) for row in rows]
print("RESULT", json.dumps([str(instance.state), *told]), flush=True)

instance = dict(dag_id="strict", run_id="manual__1", task_id="compare", map_index=-1)
said = []
for number in (1, 2):
    try:
        task.execute({{"ti": SimpleNamespace(**instance, try_number=number)}})
    except AirflowFailException as error:
        said.append(str(error))
instance["run_id"] = "manual__2"
task._job_id = None
def stop():
    while task._job_id is None:
        time.sleep(0.1)
    task.on_kill()
stopping = Thread(target=stop)
stopping.start()
try:
    task.execute({{"ti": SimpleNamespace(**instance, try_number=1)}})
except AirflowException as error:
    said.append(str(error))
stopping.join()
print("RESULT", json.dumps(said), flush=True)
"""
FLOW = """
import json, sys
sys.path.insert(0, {folder!r})
from augury_task import UnwantedVerdict, augmentation_check, compare_augmentations
"""


class Orchestrated(NamedTuple):
    """What a program of an orchestrator came to.

    Attributes:
        results: each thing that it did.
        said: all that it wrote, for who wonders why there are too few of these.
        states: of the jobs that it asked for, by their ids, in the end.
    """

    results: list[Any]
    said: str
    states: dict[str, str]

    def result(self, number: int) -> Any:
        """One of the results, of which there may be less where something went wrong."""
        assert len(self.results) > number, self.said[-8000:]
        return self.results[number]


def _orchestrated(service: Service, known: set[str], out: str, err: str) -> Orchestrated:
    results = [json.loads(line.removeprefix("RESULT ")) for line in out.splitlines() if line.startswith("RESULT ")]
    jobs = httpx2.get(f"{service.url}/v1/jobs", timeout=PATIENCE_SECONDS).json()["items"]
    return Orchestrated(results, out + err, {job["id"]: job["state"] for job in jobs if job["id"] not in known})


@pytest.fixture(scope="module")
def airflow(tools: Tools, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Orchestrated:
    """What one process of Airflow does, as it takes long to start: a DAG, a task that fails twice, and one stopped."""
    home = tmp_path_factory.mktemp("airflow")
    dags = home / "dags"  # where Airflow looks for them
    dags.mkdir()
    (dags / "check.py").write_text(DAGS.format(folder=str(ROOT / "examples" / "airflow"), request=REQUEST))
    known = service.job_ids()
    worker = service.carry_out_next(2)
    done = tools.run(
        ["python", "-c", RUN_DAGS.format(folder=str(dags))],
        AIRFLOW_HOME=str(home),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=str(dags),
        AUGURY_URL=service.url,
    )
    worker.join(PATIENCE_SECONDS)
    return _orchestrated(service, known, done.stdout, done.stderr)


def test_airflow_hands_the_summary_to_the_next_task(airflow: Orchestrated) -> None:
    """As the task's result, which is plain JSON."""
    state, summary = airflow.result(0)
    assert state == "success"
    assert summary["verdicts"]["over"] == "hurts"
    assert summary["differences"]["targeted"]["low"] == pytest.approx(1.3)


def test_an_airflow_task_fails_by_verdict_and_never_asks_twice(airflow: Orchestrated) -> None:
    """Another try of the same task instance finds the same job; a task that is stopped cancels its own."""
    first, second, stopped = airflow.result(1)
    assert first == second
    assert first.endswith(": over hurts")
    assert "cancelled" in stopped
    assert sorted(airflow.states.values()) == ["cancelled", "succeeded", "succeeded"]


def _job_ids(service: Service) -> list[str]:
    return [job["id"] for job in httpx2.get(f"{service.url}/v1/jobs", timeout=PATIENCE_SECONDS).json()["items"]]


def _state(service: Service, job_id: str) -> str:
    return str(httpx2.get(f"{service.url}/v1/jobs/{job_id}", timeout=PATIENCE_SECONDS).json()["state"])


def _flow(rest: str) -> str:
    return FLOW.format(folder=str(ROOT / "examples" / "prefect")) + rest


@pytest.fixture
def prefect(service: Service, tmp_path: Path) -> dict[str, str]:
    """The variables of a Prefect with a server of its own for each program."""
    return {
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
        "AUGURY_URL": service.url,
    }


def test_a_prefect_flow_has_the_summary_and_fails_by_verdict(
    tools: Tools, service: Service, prefect: dict[str, str]
) -> None:
    """Without trying again: the same question has the same answer."""
    program = f"""
summary = augmentation_check({REQUEST!r})
try:
    augmentation_check({REQUEST!r}, fail_on=["hurts"])
except UnwantedVerdict as error:
    summary["refused"] = str(error)
print("RESULT", json.dumps(summary))
"""
    known = service.job_ids()
    worker = service.carry_out_next(2)
    done = tools.run(["python", "-c", _flow(program)], **prefect)
    worker.join(PATIENCE_SECONDS)
    found = _orchestrated(service, known, done.stdout, done.stderr)
    summary = found.result(0)
    assert summary["verdicts"]["over"] == "hurts"
    assert summary["refused"].endswith(": over hurts")
    assert list(found.states.values()) == ["succeeded", "succeeded"]


def test_a_prefect_flow_that_is_stopped_cancels_its_job(
    tools: Tools, service: Service, prefect: dict[str, str]
) -> None:
    """As its process is told to end."""
    known = set(_job_ids(service))
    process = subprocess.Popen(
        [tools.folder / "bin" / "python", "-c", _flow(f"augmentation_check({REQUEST!r})")],
        env=tools.environment(**prefect), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    job_id = wait_for(lambda: set(_job_ids(service)) - known, "a job", START_SECONDS).pop()
    process.send_signal(signal.SIGINT)
    process.wait(START_SECONDS)
    assert _state(service, job_id) == "cancelled"
