"""Fetching what a job leaves behind: by the client and by the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api_schemas.jobs import JobState
from augury import Client, RequestRefused, ServiceUnreachable
from augury.cli.app import app
from tests.augury.stand_in import Answer, StandIn, problem
from tests.augury.wire import job

CONTENT = b"\x00PK" * 1_000_000
REQUEST = {"kind": "augmentation", "dataset": {"kind": "builtin", "name": "digits"}, "spec": {}}
FILES = [
    {"name": "augmented.zip", "bytes": len(CONTENT), "media_type": "application/zip", "sha256": "a" * 64},
    {"name": "manifest.jsonl", "bytes": 7, "media_type": "application/jsonl", "sha256": "b" * 64},
]


def _augmentation(state: JobState, done: int = 0) -> dict[str, Any]:
    progress = {"chunks_total": 9, "chunks_done": done, "fraction": done / 9, "estimated_finish": None}
    files = FILES if state is JobState.SUCCEEDED else []
    return {**job(state), "kind": "augmentation", "phase": "augmenting", "progress": progress, "artifacts": files}


def _finished(service: StandIn, *more: Answer) -> None:
    service.will(
        Answer(202, _augmentation(JobState.QUEUED)),
        Answer(200, _augmentation(JobState.RUNNING, 4)),
        Answer(200, {}),  # where a stream was asked for: what is between swallows it, and the job is asked for
        Answer(200, _augmentation(JobState.SUCCEEDED, 9)),
        *more,
    )


@pytest.fixture
def request_file(tmp_path: Path) -> str:
    """A request in a file."""
    path = tmp_path / "request.json"
    path.write_text(json.dumps(REQUEST))
    return str(path)


def test_a_file_is_fetched_to_the_given_path(service: StandIn, tmp_path: Path) -> None:
    """Folders are made, and nothing else is left there."""
    service.will(Answer(200, CONTENT, "application/zip"))
    with Client(service.url) as client:
        path = client.download("job_1", "augmented.zip", tmp_path / "a" / "images.zip")
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]
    assert service.asked[0].path == "/v1/jobs/job_1/artifacts/augmented.zip"


def test_a_download_that_breaks_off_begins_anew(service: StandIn, tmp_path: Path) -> None:
    """A lost connection or a restart of the service costs time only."""
    service.will(Answer(0), problem(503, "the database is away"), Answer(200, CONTENT))
    with Client(service.url) as client:
        assert client.download("job_1", "augmented.zip", tmp_path / "x").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answer", "error"),
    [(problem(409, "the job is running and has no artifacts yet"), RequestRefused), (Answer(0), ServiceUnreachable)],
)
def test_a_download_that_fails_leaves_no_file(
    service: StandIn, tmp_path: Path, answer: Answer, error: type[Exception]
) -> None:
    """An earlier file of that name stays as it was."""
    service.will(answer)
    (tmp_path / "x").write_bytes(b"earlier")
    with Client(service.url, patience=0.2) as client, pytest.raises(error):
        client.download("job_1", "augmented.zip", tmp_path / "x")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"earlier"


def test_run_fetches_the_archive_to_the_output(service: StandIn, request_file: str, tmp_path: Path) -> None:
    """Progress counts chunks."""
    _finished(service, Answer(200, CONTENT))
    output = tmp_path / "out" / "images.zip"
    result = CliRunner().invoke(app, ["run", request_file, "--url", service.url, "--output", str(output)])
    assert result.exit_code == 0
    assert output.read_bytes() == CONTENT
    assert "augmenting: 4/9 chunks" in result.stderr.splitlines()
    assert str(output) in result.stderr
    assert result.stdout == ""


def test_run_without_output_says_where_the_files_are(service: StandIn, request_file: str) -> None:
    """One line a file on stdout."""
    _finished(service)
    result = CliRunner().invoke(app, ["run", request_file, "--url", service.url])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{service.url}/v1/jobs/job_1/artifacts/augmented.zip  {len(CONTENT)} bytes",
        f"{service.url}/v1/jobs/job_1/artifacts/manifest.jsonl  7 bytes",
    ]


def test_run_with_json_prints_the_files_as_json(service: StandIn, request_file: str) -> None:
    """And nothing else on stdout."""
    _finished(service)
    result = CliRunner().invoke(app, ["run", request_file, "--url", service.url, "--json"])
    assert json.loads(result.stdout) == {"items": FILES}


def test_plan_shows_images_and_chunks(service: StandIn, request_file: str) -> None:
    """In a sentence."""
    plan = {"kind": "augmentation", "passes": 2, "source_images": 10, "images": 20, "images_per_chunk": 5, "chunks": 4}
    service.will(Answer(200, plan))
    result = CliRunner().invoke(app, ["plan", request_file, "--url", service.url])
    assert result.stdout == "20 images (2 passes over 10), made in 4 chunks of up to 5.\n"


def test_plan_says_what_is_left_out(service: StandIn, request_file: str) -> None:
    """Images of other splits, before anything is made."""
    plan = {"kind": "augmentation", "passes": 1, "source_images": 10, "images": 10, "images_per_chunk": 5, "chunks": 2,
            "warnings": ["4 images of 'validation' are left out"]}  # fmt: skip
    service.will(Answer(200, plan))
    result = CliRunner().invoke(app, ["plan", request_file, "--url", service.url])
    assert result.stdout.splitlines()[1] == "Note: 4 images of 'validation' are left out"
