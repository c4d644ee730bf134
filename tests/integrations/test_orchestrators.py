"""The examples for Airflow and Prefect, run by Airflow and Prefect."""

from __future__ import annotations

import json
import signal
import subprocess
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
FLOWS = """
import json, sys
sys.path.insert(0, {folder!r})
from augury_task import UnwantedVerdict, augmentation_check

summary = augmentation_check({request!r})
try:
    augmentation_check({request!r}, fail_on=["hurts"])
except UnwantedVerdict as error:
    summary["refused"] = str(error)
print("RESULT", json.dumps(summary), flush=True)
augmentation_check({request!r})
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


@pytest.fixture(scope="module")
def prefect(tools: Tools, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Orchestrated:
    """What one process of Prefect does, with a server of its own: two flows to their ends, and one that is stopped."""
    folder = tmp_path_factory.mktemp("prefect")
    variables = {
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
        "AUGURY_URL": service.url,
    }
    program = FLOWS.format(folder=str(ROOT / "examples" / "prefect"), request=REQUEST)
    known = service.job_ids()
    worker = service.carry_out_next(2)
    log = folder / "log"
    with (
        log.open("wb") as file,
        subprocess.Popen(
            [tools.folder / "bin" / "python", "-c", program],
            env=tools.environment(**variables), stdout=file, stderr=file,
        ) as process,
    ):  # fmt: skip
        wait_for(lambda: process.poll() is not None or len(service.job_ids() - known) == 3, "jobs", START_SECONDS)
        process.send_signal(signal.SIGINT)
        process.wait(START_SECONDS)
    worker.join(PATIENCE_SECONDS)
    return _orchestrated(service, known, log.read_text(), "")


def test_a_prefect_flow_has_the_summary_and_fails_by_verdict(prefect: Orchestrated) -> None:
    """Without trying again: the same question has the same answer."""
    summary = prefect.result(0)
    assert summary["verdicts"]["over"] == "hurts"
    assert summary["refused"].endswith(": over hurts")


def test_a_prefect_flow_that_is_stopped_cancels_its_job(prefect: Orchestrated) -> None:
    """As its process is told to end; those that came to their end stay as they are."""
    assert sorted(prefect.states.values()) == ["cancelled", "succeeded", "succeeded"], prefect.said[-8000:]
