"""`augury compare` at a service: what is sent, what is shown, and what is refused before anything is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api_schemas.datasets.dataset import DatasetState
from api_schemas.jobs import JobState
from api_schemas.lint import LintResult
from api_schemas.reports.report import Report
from augury.cli.app import app
from augury.cli.options import image_size_of
from augury.cli.running.place import service_or_stack
from tests.augury.stand_in import Answer, StandIn, problem
from tests.augury.wire import FACTS, dataset, job

ID = "ds_" + "1" * 32
PLAN = {
    "arms": [{"name": "baseline", "role": "baseline", "spec": {"rescale": 1 / 255}}],
    "candidates": [],
    "seeds": [0, 1],
    "trials": 4,
    "trials_most": 4,
    "estimated_seconds": 240.0,
}
SQUARE = FACTS | {"shape": [16, 16, 3]}


def _lint(*findings: dict[str, Any]) -> Answer:
    measured = {"geometry": None, "brightness": None, "channel_shift": None}
    body = {"findings": list(findings), "measurements": measured, "semantics": "keras", "facts_used": True}
    return Answer(200, LintResult.model_validate({**body, "basis": "30 images"}).model_dump(mode="json"))


def _warning(parameter: str) -> dict[str, Any]:
    text = {"rule": "some-rule", "message": "This is not what was meant.", "remedy": "Leave it out."}
    return text | {"severity": "warning", "parameters": [parameter]}


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder of images, in the folder that the command is used in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos" / "ant").mkdir(parents=True)
    (tmp_path / "photos" / "ant" / "1.png").write_bytes(b"an image")
    return "photos"


def _augury(service: StandIn, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["compare", *arguments, "--url", service.url])


def _ready(**facts: Any) -> Answer:
    return Answer(201, dataset(DatasetState.READY, facts=SQUARE | facts))


def _done(report: dict[str, Any]) -> list[Answer]:
    return [
        Answer(202, job(JobState.QUEUED)),
        Answer(200, job(JobState.SUCCEEDED, 4, has_report=True)),
        Answer(200, report),
    ]


PAGE = Answer(200, b"<!DOCTYPE html>", "text/html; charset=utf-8")


def test_a_folder_is_sent_shown_planned_trained_on_and_reported(
    service: StandIn, photos: str, standing_report: dict[str, Any]
) -> None:
    """In this order; the report is on stdout, all else on stderr, and the page is where its path says."""
    service.will(_ready(), _lint(), _lint(_warning("rotation_range")), Answer(200, PLAN), *_done(standing_report), PAGE)
    result = _augury(service, photos, "--flip", "--rotation", "20", "--epochs", "3", "--image-size", "16x16")
    assert result.exit_code == 0, result.output
    assert "targeted helps" in result.stdout
    said = result.stderr
    at = [said.index(each) for each in ("30 images of 16×16×3", "some-rule", "Time: about 4 min", "job_1 submitted")]
    assert at == sorted(at)
    assert f"{service.url}/jobs/job_1" in said
    assert Path(".augury/reports/job_1.html").read_text() == "<!DOCTYPE html>"
    assert ".augury/reports/job_1.html" in said.splitlines()[-1]
    sent = next(each.body for each in service.asked if each.path == "/v1/jobs")
    assert sent == {
        "kind": "comparison",
        "dataset": {"kind": "dataset", "id": ID},
        "candidates": [
            {"name": "flip", "spec": {"horizontal_flip": True, "rescale": 1 / 255}},
            {"name": "rotation", "spec": {"rotation_range": 20.0, "rescale": 1 / 255}},
        ],
        "training": {"epochs": 3},
        "recommend": True,
    }


def test_with_json_stdout_is_the_report_and_nothing_else(
    service: StandIn, photos: str, standing_report: dict[str, Any]
) -> None:
    """And a folder gets it in all its forms, with the request to send again."""
    service.will(_ready(), _lint(), Answer(200, PLAN), *_done(standing_report), PAGE)
    service.answers.insert(6, Answer(200, b"# Report", "text/markdown; charset=utf-8"))
    result = _augury(service, photos, "--flip", "--no-recommend", "--json", "--out", "here")
    assert json.loads(result.stdout) == standing_report, result.stderr
    assert {path.name for path in Path("here").iterdir()} == {
        "report.html",
        "report.json",
        "report.md",
        "request.json",
    }
    assert Report.model_validate_json(Path("here/report.json").read_text()).job_id == "job_1"
    assert "recommend" not in json.loads(Path("here/request.json").read_text())
    assert not Path(".augury").exists()


def test_a_plan_is_shown_and_nothing_is_submitted(service: StandIn, photos: str) -> None:
    """As a table, or as JSON."""
    for options in ([], ["--json"]):
        service.will(_ready(), _lint(), Answer(200, PLAN))
        result = _augury(service, photos, "--flip", "--plan", *options)
        assert result.exit_code == 0, result.output
        assert ("about 4 min" in result.stdout) if not options else json.loads(result.stdout)["trials"] == 4
    assert "/v1/jobs" not in {each.path for each in service.asked}


def test_without_candidates_some_are_proposed_with_reasons(service: StandIn, photos: str) -> None:
    """What the linter is against is left out, in the linter's words; what is proposed is what is planned."""
    service.will(_ready(), _lint(_warning("horizontal_flip")), *[_lint()] * 4, Answer(200, PLAN))
    result = _augury(service, photos, "--plan")
    assert result.exit_code == 0, result.output
    said = " ".join(result.stderr.split())
    assert "not flip: This is not what was meant. Leave it out." in said
    assert "rotation: rotation_range=20 Up to 20° either way" in said
    planned = service.asked[-1].body
    assert [each["name"] for each in planned["candidates"]] == ["rotation", "shift", "zoom", "brightness"]


def test_images_for_which_nothing_can_be_proposed_are_refused_with_an_example(service: StandIn, photos: str) -> None:
    """And with the reasons."""
    every = ("horizontal_flip", "rotation_range", "width_shift_range", "zoom_range", "brightness_range")
    service.will(_ready(), _lint(*(_warning(name) for name in every)))
    result = _augury(service, photos)
    assert result.exit_code == 2
    assert "name a candidate, e.g. --shear 10" in result.stderr


def test_images_that_cannot_be_used_are_refused_with_the_rule(service: StandIn, photos: str) -> None:
    """And with where the rules are explained."""
    service.will(Answer(201, dataset(DatasetState.FAILED)))
    result = _augury(service, photos, "--flip")
    assert result.exit_code == 2
    assert "There is no image in it. (images.none)" in result.stderr
    assert "docs/datasets.md" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere", "--flip"], "there is no file or folder nowhere here"),
        (["digits", "--flip", "--image-size", "12x"], "HEIGHTxWIDTH"),
        (["digits", "--flip", "--seeds", "1"], "body.evaluation.seeds"),
        (["digits", "--flip", "--metric", "beauty"], "body.evaluation.metric"),
        (["digits", "--flip", "--model", "vgg"], "body.model"),
        (["digits", "--candidate", 'a={"rotation": 3}'], "body.candidates[0].spec.rotation"),
        (["digits", "--baseline", '{"rotation_range": 3}'], "the baseline takes preprocessing only"),
        (["digits", "--local"], "leave out --url"),
        (["digits", "--rotation", "400"], "--rotation: got 400"),
    ],
)
def test_what_is_wrong_with_an_option_is_said_before_anything_is_sent(
    arguments: list[str], reason: str, service: StandIn
) -> None:
    """In a service's words where it is part of the request."""
    result = _augury(service, *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert service.asked == []


def test_nothing_is_started_for_an_option_that_is_wrong(tmp_path: Path) -> None:
    """A stack takes half a minute to start."""
    result = CliRunner().invoke(
        app, ["compare", "digits", "--local", "--data-dir", str(tmp_path), "--image-size", "1x1x1"]
    )
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("text", "size"), [("64x96", (64, 96)), ("64, 96", (64, 96)), ("64", (64, 64)), (None, None)])
def test_a_size_is_height_and_width(text: str | None, size: tuple[int, int] | None) -> None:
    """One number says both."""
    assert image_size_of(text) == size


def test_a_dataset_that_is_there_keeps_its_size(service: StandIn) -> None:
    """Its id is enough; it is not read again."""
    service.will(Answer(200, dataset(DatasetState.READY, facts=SQUARE)), _lint(), Answer(200, PLAN))
    result = _augury(service, ID, "--flip", "--plan")
    assert result.exit_code == 0, result.output
    assert service.asked[0].path == f"/v1/datasets/{ID}"
    assert _augury(service, ID, "--flip", "--image-size", "8x8").exit_code == 2


def test_a_service_that_was_named_and_is_away_is_no_reason_to_start_another(photos: str) -> None:
    """AUGURY_URL says that it is to be used; what to do is said."""
    result = CliRunner().invoke(app, ["compare", photos, "--flip"])
    assert result.exit_code == 5
    assert "cannot reach http://127.0.0.1:9" in result.stderr
    assert "`augury up`" in result.stderr


def test_a_refusal_of_the_plan_is_the_services(service: StandIn, photos: str) -> None:
    """Nothing is submitted then."""
    service.will(_ready(), _lint(), problem(422, "a class has a single image"))
    result = _augury(service, photos, "--flip")
    assert result.exit_code == 2
    assert "a class has a single image" in result.stderr
    assert "/v1/jobs" not in {each.path for each in service.asked}


def test_few_images_are_compared_without_a_recommendation(service: StandIn, photos: str) -> None:
    """Which is said, with the reason; whoever insists on one is refused."""
    few = problem(422, "it cannot be split", ("body.evaluation", "images are held out, and a class has too few"))
    service.will(_ready(), _lint(), few, Answer(200, PLAN))
    result = _augury(service, photos, "--flip", "--plan")
    assert result.exit_code == 0, result.output
    assert "No recommendation will be made: images are held out, and a class has too few" in result.stderr
    assert "recommend" not in service.asked[-1].body
    service.will(_ready(), _lint(), few, Answer(200, PLAN))
    assert _augury(service, photos, "--flip", "--plan", "--recommend").exit_code == 2


def test_a_service_that_was_found_is_come_back_to_without_its_address(service: StandIn) -> None:
    """But one that was named by an option is named again."""
    with service_or_stack(service.url, None) as place:
        assert place.again == f" --url {service.url}"
        assert place.data_dir is None
