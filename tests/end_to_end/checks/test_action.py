"""The check of a pull request, as its steps run: in a small repository, whose change hurts, and then does not."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from junitparser import JUnitXml
from PIL import Image

from api_schemas.reports.report import Report
from tests.end_to_end.checks.runner import Run, Runner
from tests.end_to_end.test_local_stack import AUGURY, processes_of

CLASSES = "abcdef"
IMAGES = 24
HURTS = {"width_shift_range": 0.5, "height_shift_range": 0.5, "fill_mode": "wrap"}
"""Of images that differ in where their bar is."""
HARMLESS = {"horizontal_flip": True}
"""Of bars from one side to the other."""
INPUTS = {
    "dataset": "images",
    "candidates": "\n  change=augmentation.json\n\n",
    "model": "linear",
    "epochs": "40",
    "seeds": "3",
    "augury": AUGURY[0],
}


class Checked(NamedTuple):
    """What came of one change."""

    run: Run
    artifact: Path
    report: Report


class Changes(NamedTuple):
    """A change that hurts and, in a run after it, one that does not."""

    hurting: Checked
    harmless: Checked
    runner: Runner


def _git(repository: Path, *arguments: str) -> None:
    identity = {f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *arguments], cwd=repository, env={**os.environ, **identity}, check=True, capture_output=True)


def _make_repository(folder: Path) -> None:
    """Pictures of a bright bar, whose height is their class."""
    random = np.random.default_rng(0)
    for at, name in enumerate(CLASSES):
        (folder / "images" / name).mkdir(parents=True)
        for number in range(IMAGES):
            image = random.integers(0, 80, (12, 12)).astype(np.uint8)
            image[2 * at : 2 * at + 2] += 150
            Image.fromarray(image).save(folder / "images" / name / f"{number}.png")
    _git(folder, "init", "--quiet")
    _commit(folder, {})


def _commit(folder: Path, spec: dict[str, object]) -> None:
    (folder / "augmentation.json").write_text(json.dumps(spec))
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "--message", "Change the augmentation")


def _checked(runner: Runner, spec: dict[str, object]) -> Checked:
    _commit(runner.workspace, spec)
    run = runner.run(INPUTS, {"AUGURY_WORKER_CONCURRENCY": "1"})
    artifact = runner.folder / "artifacts" / str(runner.runs)
    assert (artifact / "report.json").exists(), run.log
    return Checked(run, artifact, Report.model_validate_json((artifact / "report.json").read_text()))


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changes]:
    """Two commits, and the check of each on a fresh machine."""
    folder = tmp_path_factory.mktemp("check")
    _make_repository(folder / "repository")
    runner = Runner(folder, folder / "repository")
    yield Changes(_checked(runner, HURTS), _checked(runner, HARMLESS), runner)
    assert not processes_of(folder)


def test_a_change_that_hurts_fails_the_check(changes: Changes) -> None:
    """With the code that says so, and the verdict for steps to come."""
    run = changes.hurting.run
    assert run.code == 3, run.log
    assert (run.outputs["verdict"], run.outputs["exit-code"]) == ("hurts", "3")
    assert "::error title=Augury::An augmentation hurts" in run.log
    assert run.done[-1] == "Decide"


def test_the_summary_says_what_failed_it_and_where_the_report_is(changes: Changes) -> None:
    """In the run's summary, and in the file for a comment."""
    summary = changes.hurting.run.summary
    assert "because of change** (`--fail-on hurts`)" in summary
    assert summary.rstrip().endswith("[The report, with its pictures](<https://127.0.0.1/artifacts/1>)")


def test_report_and_junit_are_kept_whatever_came_out(changes: Changes) -> None:
    """With the request, to be sent again or changed."""
    for checked in (changes.hurting, changes.harmless):
        assert "<svg" in (checked.artifact / "report.html").read_text()
        assert json.loads((checked.artifact / "request.json").read_text())["kind"] == "comparison"
    failures = [JUnitXml.fromfile(str(each.artifact / "junit.xml")).failures for each in changes[:2]]
    assert failures == [1, 0]


def test_a_change_that_does_not_hurt_passes(changes: Changes) -> None:
    """Every step ends well."""
    assert changes.harmless.run.code == 0, changes.harmless.run.log
    assert changes.harmless.report.candidates[0].verdict != "hurts"


def test_what_an_earlier_run_trained_is_not_trained_again(changes: Changes) -> None:
    """The baseline comes from the cache, on a machine that has trained nothing yet."""
    before, after = changes.hurting.report, changes.harmless.report
    assert (before.cost.trials, before.cost.trials_reused) == (6, 0)
    assert (after.cost.trials, after.cost.trials_reused) == (6, 3)
    baselines = [next(arm for arm in each.arms if arm.name == "baseline").per_seed for each in (before, after)]
    assert [each.trial_id for each in baselines[0]] == [each.trial_id for each in baselines[1]]


def test_what_inputs_say_is_never_run(changes: Changes, tmp_path: Path) -> None:
    """They are values to the scripts: what a shell would carry out reaches the command as it is, which refuses it."""
    runner = Runner(tmp_path / "runner", changes.runner.workspace)
    marker = tmp_path / "marker"
    hostile = f"$(touch {marker})`touch {marker}`'\"; touch {marker} #"
    run = runner.run(
        {**INPUTS, "seeds": "none", **dict.fromkeys(("dataset", "candidates", "flags", "fail-on"), hostile)}, {}
    )
    assert run.code == 2, run.log
    assert "nothing was compared" in run.summary
    assert not marker.exists()
