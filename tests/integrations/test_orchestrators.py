"""The examples for Airflow and Prefect, run by Airflow and Prefect."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.integrations.conftest import ROOT, START_SECONDS, Service, Tools
from tests.servers import PATIENCE_SECONDS, wait_for

REQUEST: dict[str, Any] = {
    "kind": "comparison",
    "dataset": {"kind": "builtin", "name": "digits"},
    "candidates": [{"name": "over", "spec": {"horizontal_flip": True}}],
}
DAG = """
import sys
from datetime import datetime
sys.path.insert(0, {folder!r})
from airflow.sdk import DAG
from augury_operator import AuguryComparisonOperator

with DAG("check", schedule=None, start_date=datetime(2026, 1, 1)) as dag:
    task = AuguryComparisonOperator(task_id="compare", request={request!r}, fail_on={fail_on!r})
"""
RUN_DAG = """
run = dag.test()
instance = run.get_task_instances()[0]
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
with create_session() as session:
    rows = session.query(XComModel).filter_by(run_id=run.run_id, key="return_value").all()
    told = [row.value if isinstance(row.value, dict) else json.loads(row.value) for row in rows]
print("RESULT", json.dumps([str(instance.state), *told]))
"""
FLOW = """
import json, sys
sys.path.insert(0, {folder!r})
from augury_task import UnwantedVerdict, augmentation_check, compare_augmentations
"""


def _result(done: subprocess.CompletedProcess[str]) -> Any:
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert lines, done.stdout[-3000:] + done.stderr[-5000:]
    return json.loads(lines[-1].removeprefix("RESULT "))


def _job_ids(service: Service) -> list[str]:
    return [job["id"] for job in httpx2.get(f"{service.url}/v1/jobs", timeout=PATIENCE_SECONDS).json()["items"]]


def _state(service: Service, job_id: str) -> str:
    return str(httpx2.get(f"{service.url}/v1/jobs/{job_id}", timeout=PATIENCE_SECONDS).json()["state"])


@pytest.fixture(scope="module")
def airflow(tools: Tools, service: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of an Airflow with a database of its own."""
    home = tmp_path_factory.mktemp("airflow")
    variables = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AUGURY_URL": service.url,
    }
    done = tools.run(["airflow", "db", "migrate"], **variables)
    assert done.returncode == 0, done.stderr[-3000:]
    return variables


def _with_dag(airflow: dict[str, str], fail_on: list[str], rest: str) -> str:
    """A program that has the DAG, which lies where Airflow looks for it."""
    folder = Path(airflow["AIRFLOW__CORE__DAGS_FOLDER"])
    folder.mkdir(exist_ok=True)
    dag = DAG.format(folder=str(ROOT / "examples" / "airflow"), request=REQUEST, fail_on=fail_on)
    (folder / "check.py").write_text(dag)
    return f"import json, sys\nsys.path.insert(0, {str(folder)!r})\nfrom check import dag, task\n{rest}"


def test_airflow_hands_the_summary_to_the_next_task(tools: Tools, service: Service, airflow: dict[str, str]) -> None:
    """As the task's result, which is plain JSON."""
    worker = service.carry_out_next()
    done = tools.run(["python", "-c", _with_dag(airflow, [], RUN_DAG)], **airflow)
    worker.join()
    state, summary = _result(done)
    assert state == "success"
    assert summary["verdicts"]["over"] == "hurts"
    assert summary["differences"]["targeted"]["low"] == pytest.approx(1.3)


def test_an_airflow_task_fails_by_verdict_and_never_asks_twice(
    tools: Tools, service: Service, airflow: dict[str, str]
) -> None:
    """Another try of the same task instance finds the same job; a task that is stopped cancels its own."""
    program = """
import time
from types import SimpleNamespace
from threading import Thread
from airflow.sdk.exceptions import AirflowException, AirflowFailException
instance = dict(dag_id="check", run_id="manual__1", task_id="compare", map_index=-1)
said = []
for number in (1, 2):
    try:
        task.execute({"ti": SimpleNamespace(**instance, try_number=number)})
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
    task.execute({"ti": SimpleNamespace(**instance, try_number=1)})
except AirflowException as error:
    said.append(str(error))
stopping.join()
print("RESULT", json.dumps(said))
"""
    known = set(_job_ids(service))
    worker = service.carry_out_next()
    done = tools.run(["python", "-c", _with_dag(airflow, ["hurts"], program)], **airflow)
    worker.join()
    first, second, stopped = _result(done)
    assert first == second
    assert first.endswith(": over hurts")
    assert len(set(_job_ids(service)) - known) == 2
    assert "cancelled" in stopped


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
    known = set(_job_ids(service))
    workers = [service.carry_out_next()]
    process = subprocess.Popen(
        [tools.folder / "bin" / "python", "-c", _flow(program)], env=tools.environment(**prefect), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    workers[0].join()
    workers.append(service.carry_out_next())
    out, err = process.communicate(timeout=START_SECONDS)
    workers[1].join()
    summary = _result(subprocess.CompletedProcess([], process.returncode, out, err))
    assert summary["verdicts"]["over"] == "hurts"
    assert summary["refused"].endswith(": over hurts")
    assert len(set(_job_ids(service)) - known) == 2


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
