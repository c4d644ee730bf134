"""The command line: what goes to stdout, what to stderr, and the exit codes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api_schemas.jobs import ComparisonRequest, JobState
from api_schemas.reports.report import Report
from augury.cli.app import app
from augury.local.ports import free_port
from tests.augury.stand_in import Answer, StandIn, problem
from tests.augury.wire import REQUEST, job

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
EXAMPLE = Path(__file__).parents[3] / "examples" / "standing-example.json"


def augury(*arguments: str, stdin: str | None = None) -> Result:
    """Run the command, without a terminal."""
    return CliRunner().invoke(app, list(arguments), input=stdin)


@pytest.fixture
def request_file(tmp_path: Path) -> str:
    """A request in a file."""
    path = tmp_path / "request.json"
    path.write_text(json.dumps(REQUEST))
    return str(path)


def finished(service: StandIn, report: dict[str, Any], state: JobState = JobState.SUCCEEDED) -> None:
    """Let the service take a job, work on it and report."""
    service.will(
        Answer(202, job(JobState.QUEUED)),
        Answer(200, job(done=0)),
        Answer(405, b"a proxy", "text/html"),
        Answer(200, job(done=2, reused=1)),
        Answer(200, job(state, 4, has_report=True)),
        Answer(200, report),
    )


def test_run_shows_progress_on_stderr_and_the_report_on_stdout(
    service: StandIn, request_file: str, standing_report: dict[str, Any]
) -> None:
    """Without a terminal, progress is a plain line per change, and there are no control characters."""
    finished(service, standing_report)
    result = augury("run", request_file, "--url", service.url)
    assert result.exit_code == 0
    assert "training: 2/4 trials (1 reused)" in result.stderr.splitlines()
    assert "targeted helps" in result.stdout
    assert not CONTROL.search(result.stdout + result.stderr)


def test_run_with_json_prints_the_report_and_nothing_else(
    service: StandIn, request_file: str, standing_report: dict[str, Any]
) -> None:
    """Stdout is one JSON document: the report."""
    finished(service, standing_report)
    result = augury("run", request_file, "--url", service.url, "--json")
    assert json.loads(result.stdout) == standing_report


def test_run_writes_the_report_to_a_file_in_new_folders(
    service: StandIn, request_file: str, standing_report: dict[str, Any], tmp_path: Path
) -> None:
    """`--output` makes the folders that it needs, and leaves nothing else in them."""
    finished(service, standing_report)
    output = tmp_path / "a" / "b" / "report.json"
    assert augury("run", request_file, "--url", service.url, "--output", str(output)).exit_code == 0
    assert Report.model_validate_json(output.read_text()).job_id == "job_1"
    assert list(output.parent.iterdir()) == [output]


def test_run_reads_the_request_from_stdin(service: StandIn, standing_report: dict[str, Any]) -> None:
    """`-` stands for stdin."""
    finished(service, standing_report)
    assert augury("run", "-", "--url", service.url, stdin=json.dumps(REQUEST)).exit_code == 0
    assert service.asked[0].body == REQUEST


def test_a_failed_job_shows_its_report_and_exits_1(
    service: StandIn, request_file: str, standing_report: dict[str, Any]
) -> None:
    """What the finished trials say is shown, then why the job failed."""
    finished(service, standing_report, JobState.FAILED)
    result = augury("run", request_file, "--url", service.url)
    assert result.exit_code == 1
    assert "targeted helps" in result.stdout
    assert "job_1 failed: Three workers were lost. (worker_lost)" in result.stderr


def test_a_cancelled_job_exits_1(service: StandIn) -> None:
    """A job without a result is not a success."""
    service.will(Answer(200, job(JobState.CANCELLED)))
    result = augury("watch", "job_1", "--url", service.url)
    assert (result.exit_code, result.stdout) == (1, "")


def test_run_detached_prints_the_id_only(service: StandIn, request_file: str) -> None:
    """`--detach` submits and leaves; the id can be used by a script."""
    service.will(Answer(202, job(JobState.QUEUED)))
    result = augury("run", request_file, "--url", service.url, "--detach", "--idempotency-key", "k")
    assert (result.exit_code, result.stdout) == (0, "job_1\n")
    assert service.asked[0].headers["Idempotency-Key"] == "k"


def test_a_refused_request_exits_2_and_lists_the_fields(service: StandIn, request_file: str) -> None:
    """Every faulty field is on stderr; stdout stays empty."""
    service.will(problem(422, "1 field is wrong", ("body.kind", "got 'x', expected 'comparison'")))
    result = augury("run", request_file, "--url", service.url)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "body.kind: got 'x', expected 'comparison'" in result.stderr


def test_an_absent_service_exits_3(request_file: str) -> None:
    """Nobody at the address is told apart from a refusal."""
    result = augury("plan", request_file, "--url", f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 5
    assert "cannot reach" in result.stderr


@pytest.mark.parametrize("content", ["{", "[]", '{"x": NaN}', None])
def test_a_request_that_cannot_be_read_exits_2(tmp_path: Path, content: str | None) -> None:
    """A file that is missing or is not a JSON object is never sent."""
    path = tmp_path / "request.json"
    if content is not None:
        path.write_text(content)
    assert augury("run", str(path)).exit_code == 2


@pytest.mark.parametrize(
    "options",
    [
        ["--local", "--url", "http://127.0.0.1:1"],
        ["--local", "--detach"],
        ["--data-dir", "x"],
        ["--detach", "--output", "x.json"],
        ["--output", "."],
        ["--detach", "--html", "x.html"],
        ["--html", "."],
    ],
)
def test_options_that_exclude_each_other_exit_2(request_file: str, options: list[str]) -> None:
    """What cannot work is refused before anything is started or submitted."""
    assert augury("run", request_file, *options).exit_code == 2


def test_interrupting_a_watch_leaves_the_job_running(service: StandIn, request_file: str) -> None:
    """Ctrl-C ends the command with 130, cancels nothing, and says how to go on."""
    service.will(Answer(202, job(JobState.QUEUED)), Answer(200, job()))
    command = [sys.executable, "-m", "augury.cli", "run", request_file, "--url", service.url]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "training" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert f"augury watch job_1 --url {service.url}" in said
    assert not any(asked.path.endswith("/cancel") for asked in service.asked)


def test_a_data_directory_that_cannot_be_made_exits_2(tmp_path: Path) -> None:
    """What the operating system refuses is said in a line."""
    (tmp_path / "file").touch()
    result = augury("up", "--data-dir", str(tmp_path / "file" / "data"))
    assert result.exit_code == 2
    assert "Not a directory" in result.stderr


def test_plan_shows_arms_and_trials(service: StandIn, request_file: str) -> None:
    """The plan names each arm with its spec, and counts the trials; nothing is submitted."""
    plan = {
        "arms": [
            {"name": "baseline", "role": "baseline", "spec": {"rescale": 1 / 255}},
            {"name": "flips", "role": "candidate", "spec": {"horizontal_flip": True}},
        ],
        "candidates": [{"name": "flips", "arm": "flips", "preprocessing_arm": "baseline"}],
        "seeds": [0, 1],
        "rounds": [{"arms": ["baseline", "flips"], "seeds": [0, 1]}],
        "trials": 4,
        "trials_most": 12,
        "trials_reusable": 2,
        "estimated_seconds": 240.0,
    }
    service.will(Answer(200, plan))
    result = augury("plan", request_file, "--url", service.url)
    assert service.asked[0].path == "/v1/jobs?validate_only=true"
    assert "rescale=0.003922" in result.stdout
    assert "4 trials (2 arms on 2 seeds), 2 of them already trained. Time: about 4 min. Up to 12" in result.stdout


def test_the_plan_says_how_the_baseline_is_scaled_and_what_is_kept(service: StandIn, request_file: str) -> None:
    """Before anything is trained, as both decide what the answer is about; and what computes it, if that was asked."""
    plan = {
        "arms": [], "candidates": [], "seeds": [0, 1], "trials": 4, "trials_most": 4, "held_out": 0.2,
        "baseline_rule": "full scale is 4095", "backend": "jax",
    }  # fmt: skip
    service.will(Answer(200, plan))
    shown = " ".join(augury("plan", request_file, "--url", service.url).stdout.split())
    assert "Scale of the baseline: full scale is 4095." in shown
    assert "JAX computes them." in shown
    assert "20% of the images" in shown
    assert "are kept from the search, to confirm the recommendation on." in shown


def test_the_plan_of_a_training_is_shown_as_well(service: StandIn, request_file: str) -> None:
    """Its one arm on its seeds, by the same words as a comparison's."""
    plan = {
        "kind": "training",
        "arms": [{"name": "trained", "role": "candidate", "spec": {"horizontal_flip": True}}],
        "candidates": [],
        "seeds": [0, 1, 2],
        "trials": 3,
        "trials_most": 3,
    }
    service.will(Answer(200, plan))
    result = augury("plan", request_file, "--url", service.url)
    assert "horizontal_flip=True" in result.stdout
    assert "3 trials (1 arms on 3 seeds). Time: unknown" in result.stdout


def test_jobs_lists_the_recent_ones(service: StandIn) -> None:
    """One line per job, with its labels."""
    fields = ("id", "kind", "state", "is_terminal", "dataset_id", "has_report", "created_at", "finished_at")
    item = {name: job()[name] for name in fields} | {"labels": {"team": "vision"}}
    service.will(Answer(200, {"items": [item], "next_cursor": None}))
    result = augury("jobs", "--url", service.url, "--label", "team:vision")
    assert re.search(r"job_1 +running +2026-01-31 12:00 +no +team:vision", result.stdout)


def test_stop_asks_for_a_report_on_what_is_done(service: StandIn) -> None:
    """The state that the service answered with."""
    service.will(Answer(202, job(state=JobState.RUNNING)))
    assert augury("stop", "job_1", "--url", service.url).stdout == "job_1: running\n"
    assert service.asked[0].path == "/v1/jobs/job_1/stop"


def test_extend_names_the_seeds_and_can_let_go_at_once(service: StandIn) -> None:
    """With a key of its own, so that a retry does not extend twice."""
    service.will(Answer(202, job(state=JobState.RUNNING)))
    result = augury("extend", "job_1", "--seeds", "12", "--detach", "--url", service.url)
    assert result.exit_code == 0
    assert "job_1 goes on to 12 seeds" in result.stderr
    asked = service.asked[0]
    assert (asked.path, asked.body) == ("/v1/jobs/job_1/extend", {"seeds": 12})
    assert asked.headers["Idempotency-Key"]


def test_cancel_says_what_the_job_is_now(service: StandIn) -> None:
    """Cancelling takes effect in time; the state says how far it is."""
    service.will(Answer(200, job(JobState.CANCELLING)))
    assert augury("cancel", "job_1", "--url", service.url).stdout == "job_1: cancelling\n"


def test_the_standing_example_is_a_valid_request() -> None:
    """The request of the demo keeps to the contract."""
    request = ComparisonRequest.model_validate_json(EXAMPLE.read_text())
    assert [candidate.name for candidate in request.candidates] == ["over", "appropriate", "targeted"]
    assert request.evaluation.seeds == 5


def test_run_writes_the_page_of_the_report(
    service: StandIn, request_file: str, standing_report: dict[str, Any], tmp_path: Path
) -> None:
    """`--html` fetches the page beside the table, and says where it is."""
    finished(service, standing_report)
    service.answers.append(Answer(200, b"<!DOCTYPE html>", "text/html; charset=utf-8"))
    page = tmp_path / "new" / "report.html"
    result = augury("run", request_file, "--url", service.url, "--html", str(page))
    assert result.exit_code == 0
    assert page.read_text() == "<!DOCTYPE html>"
    assert str(page) in result.stderr
    assert "targeted helps" in result.stdout


@pytest.mark.parametrize(("form", "media_type"), [("html", "text/html"), ("markdown", "text/markdown")])
def test_report_prints_the_form_that_is_asked_for(form: str, media_type: str, service: StandIn) -> None:
    """As the service sends it, and nothing else on stdout."""
    service.will(Answer(200, "# Báo cáo".encode(), f"{media_type}; charset=utf-8"))
    result = augury("report", "job_1", "--url", service.url, "--format", form)
    assert (result.exit_code, result.stdout) == (0, "# Báo cáo")
    assert service.asked[0].headers["Accept"] == media_type


@pytest.mark.parametrize("options", [["--json"], ["--format", "json"]])
def test_report_as_json_goes_to_a_file_or_to_stdout(
    options: list[str], service: StandIn, standing_report: dict[str, Any], tmp_path: Path
) -> None:
    """`--output` is used instead of stdout."""
    service.will(Answer(200, standing_report))
    file = tmp_path / "report.json"
    assert json.loads(augury("report", "job_1", "--url", service.url, *options).stdout) == standing_report
    assert augury("report", "job_1", "--url", service.url, *options, "--output", str(file)).stdout == ""
    assert json.loads(file.read_text()) == standing_report


def test_report_shows_the_table_and_keeps_the_json(
    service: StandIn, standing_report: dict[str, Any], tmp_path: Path
) -> None:
    """The table is for the eye, the file for scripts."""
    service.will(Answer(200, standing_report))
    file = tmp_path / "report.json"
    assert "targeted helps" in augury("report", "job_1", "--url", service.url, "--output", str(file)).stdout
    assert json.loads(file.read_text()) == standing_report


def test_a_service_without_pages_is_told_apart(service: StandIn, standing_report: dict[str, Any]) -> None:
    """An earlier version answers with JSON whatever is asked for; that is not written into a page."""
    service.will(Answer(200, standing_report))
    result = augury("report", "job_1", "--url", service.url, "--format", "html")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "no reports as text/html" in result.stderr


def test_two_forms_at_once_are_refused(service: StandIn) -> None:
    """`--json` is a form of its own."""
    assert augury("report", "job_1", "--url", service.url, "--json", "--format", "html").exit_code == 2
    assert service.asked == []
