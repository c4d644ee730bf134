"""What an experiment tracker is told of a report."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.reports.report import Report
from augury.publishing.curves import MAX_STEPS, arm_curves, told_epochs
from augury.publishing.metric_names import taken_names
from augury.publishing.mlflow_client import page_of_run
from augury.publishing.mlflow_dataset import dataset_fields
from augury.publishing.runs import MAX_ARMS, MAX_NOTE_LENGTH, RunContent, contents_of
from augury.publishing.secrets import without_secrets
from tests.augury.reporting import samples
from tests.augury.reporting.conftest import SAMPLES


def _values(run: RunContent) -> dict[tuple[str, int], float]:
    return {(each.name, each.step): each.value for each in run.values}


def _changed(**changes: Any) -> Report:
    return Report.model_validate(samples.full().model_dump() | changes)


def test_a_job_has_each_candidates_difference_with_its_interval() -> None:
    """At the number of seeds that it rests on, and its verdict as a tag."""
    job = contents_of(samples.full()).job
    values = _values(job)
    assert [values[f"difference{end}/targeted", 5] for end in ("", "_low", "_high")] == pytest.approx([2.2, 1.3, 3.1])
    assert values["difference/recommendation", 5] == pytest.approx(2.9)
    assert job.tags["augury.verdict.over"] == "hurts"
    assert job.tags["augury.dataset_digest"] == "ab" * 32


def test_an_arm_has_means_standard_errors_and_each_seed() -> None:
    """Of accuracies 0.953 to 0.969 in steps of 0.004 on five seeds."""
    metrics = {"accuracy": {"mean": 0.961, "seeds": [0, 1, 2], "per_seed": [0.957, 0.961, 0.965]}}
    arms = samples.full().model_dump()["arms"]
    arms[4]["metrics"] = metrics | {"recall:a/b": {"mean": 0.5, "seeds": [0], "per_seed": [0.5]}}
    arm = next(each for each in contents_of(_changed(arms=arms)).arms if each.key == "targeted")
    values = _values(arm)
    assert values["accuracy", 0] == 0.961
    assert values["accuracy_standard_error", 0] == pytest.approx(0.004 / sqrt(3))
    assert values["by_seed/accuracy", 2] == 0.965
    assert values["metrics/recall:a_b", 0] == 0.5
    assert ("metrics/recall:a_b_standard_error", 0) not in values
    assert arm.tags["augury.verdict"] == "helps"


def test_a_curve_is_the_mean_of_the_seeds_that_have_a_value() -> None:
    """By epochs counted from one, with its standard error where two have one."""
    arm = samples.arm("a", "candidate", 0.9).model_dump()
    arm["per_seed"] = arm["per_seed"][:2]
    arm["per_seed"][0]["curves"]["validation_loss"] = [2.0, None]
    arm["per_seed"][1]["curves"]["validation_loss"] = [4.0, 3.0]
    told = {(each.name, each.step): each.value for each in arm_curves(samples.ArmReport.model_validate(arm))}
    assert (told["epochs/validation_loss", 1], told["epochs/validation_loss", 2]) == (3.0, 3.0)
    assert told["epochs_standard_error/validation_loss", 1] == pytest.approx(1.0)
    assert ("epochs_standard_error/validation_loss", 2) not in told


@given(st.integers(0, 5000))
def test_long_curves_are_told_at_few_epochs_with_both_ends(epochs: int) -> None:
    """In order, each once."""
    told = told_epochs(epochs)
    assert told == sorted(set(told))
    assert len(told) == min(epochs, MAX_STEPS)
    assert not epochs or (told[0], told[-1]) == (0, epochs - 1)


@given(st.lists(st.text(max_size=300)))
def test_names_are_such_as_mlflow_takes_and_all_different(names: list[str]) -> None:
    """Whatever the classes are called; one that can be taken keeps its name."""
    called = taken_names(names)
    assert set(called) == set(names)
    assert len(set(called.values())) == len(called)
    for key in called.values():
        assert key.isascii()
        assert key.replace("_", "a").replace("-", "a").replace(".", "a").replace(":", "a").replace(" ", "a").isalnum()
        assert key.strip(".") == key or key.strip("."), key
    assert taken_names(["recall:daisy", "top_k:5"]) == {"recall:daisy": "recall:daisy", "top_k:5": "top_k:5"}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_report_can_be_told(name: str) -> None:
    """With a description that fits, values that are numbers, and the same every time."""
    report = SAMPLES[name]()
    told = contents_of(report)
    assert told == contents_of(report)
    for run in (told.job, *told.arms):
        assert len(run.note) <= MAX_NOTE_LENGTH
        assert len({(each.name, each.step) for each in run.values}) == len(run.values)


def test_of_many_arms_the_first_hundred_are_told() -> None:
    """Baseline and candidates before those that explain them, and how many are left out is said."""
    report = samples.full()
    extra = [samples.arm(f"over:{at}", "attribution", 0.5).model_dump() for at in range(120)]
    told = contents_of(_changed(arms=[*extra, *report.model_dump()["arms"]]))
    assert (len(told.arms), told.arms_left_out) == (MAX_ARMS, 28)
    assert [arm.key for arm in told.arms[:3]] == ["baseline", "over", "appropriate"]
    assert told.job.tags["augury.arms_left_out"] == "28"
    assert "28 more arms" in told.job.note


def test_a_job_that_went_on_is_another_state_of_the_same() -> None:
    """And a report that no service made is known by its content."""
    first, second = contents_of(samples.full()), contents_of(_changed(stopped=True))
    assert first.job_id == second.job_id
    assert first.digest != second.digest
    assert contents_of(_changed(job_id="local")).job_id != contents_of(_changed(job_id="local", stopped=True)).job_id


def test_settings_are_parameters_and_classes_in_them_no_paths() -> None:
    """What was asked for, field by field; labels are tags."""
    provenance = samples.full().model_dump()["provenance"]
    provenance["request"] |= {"training": {"epochs": 3, "class_weight": {"a/b": 2.0}}, "labels": {"team": "digits"}}
    job = contents_of(_changed(provenance=provenance)).job
    assert (job.params["training.epochs"], job.params["training.class_weight.a_b"]) == ("3", "2.0")
    assert job.tags["augury.label.team"] == "digits"
    assert not [name for name in job.params if name.startswith(("dataset", "labels", "candidates"))]


def test_what_is_secret_in_an_address_is_not_told() -> None:
    """Neither of a dataset's nor of the server's."""
    provenance = samples.full().model_dump()["provenance"]
    url = "https://user:secret@127.0.0.1/digits.zip?signature=secret"
    provenance["request"]["dataset"] = {"kind": "url", "url": url}
    report = without_secrets(_changed(provenance=provenance))
    assert dataset_fields(report)["source"] == '{"url": "https://127.0.0.1/digits.zip"}'
    assert "secret" not in repr((report, contents_of(report)))
    assert page_of_run("https://me:secret@127.0.0.1/mlflow/", "1", "r") == (
        "https://127.0.0.1/mlflow/#/experiments/1/runs/r"
    )
    assert page_of_run("sqlite:///mlflow.db", "1", "r") is None
