"""What a job has answered is beside it in a few words, from its end on and as long as it is there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from api_schemas.datasets.references import DatasetReference
from api_schemas.reports.report import Report
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import jobs
from store.rows.answers import noting
from store.rows.answers.names import MAX_DATASET_LENGTH, dataset_name, metric_name, model_name
from store.rows.answers.summaries import Answer, answer_of
from store.rows.answers.tables import AnswerRow
from store.rows.ending import old_jobs
from tests.augury.reporting.samples import full, training
from tests.store.databases import NOW, comparison_body, new_job, running_job

REFERENCES = {
    "digits": {"kind": "builtin", "name": "digits"},
    "upload aaaaaaaaaaaa": {"kind": "upload", "sha256": "a" * 64},
    "flowers": {"kind": "path", "path": "/data/flowers/"},
    "cats.zip": {"kind": "url", "url": "https://example.org/sets/cats.zip?x=1"},
    "birds": {"kind": "s3", "bucket": "images", "key": "wild/birds/"},
    "images": {"kind": "gs", "bucket": "images", "key": ""},
    "ylecun/mnist": {"kind": "huggingface", "repository": "ylecun/mnist"},
}


def _succeeded(database: Database, report: Report) -> str:
    with database.writing() as session:
        job = running_job(session)
        assert jobs.succeed(session, job.id, "jobs/x/report.json", NOW)
        noting.note_report(session, job.id, report)
        return job.id


def _row(database: Database, job_id: str) -> AnswerRow | None:
    with database.reading() as session:
        return session.get(AnswerRow, job_id)


def test_a_job_that_is_over_says_what_it_was_about(database: Database) -> None:
    """However it ends: here nobody wanted it any more."""
    with database.writing() as session:
        job_id = new_job(session).id
    assert _row(database, job_id) is None
    with database.writing() as session:
        job = jobs.find_locked(session, DEFAULT_PROJECT, job_id)
        assert job is not None
        jobs.cancel(session, job, NOW)
    row = _row(database, job_id)
    assert row is not None
    assert (row.dataset, row.model, row.metric, row.verdicts) == ("digits", "small_cnn", "accuracy", "")
    assert row.answer is None


def test_a_report_is_there_in_short(database: Database) -> None:
    """Every candidate with its verdict and numbers, those that all of them reach, and what to use."""
    report = full()
    row = _row(database, _succeeded(database, report))
    assert row is not None
    answer = Answer.model_validate(row.answer)
    said = [(each.name, each.verdict, each.difference and each.difference.mean) for each in report.candidates]
    assert [(each.name, each.verdict, each.mean) for each in answer.candidates] == said
    means = [mean for _, _, mean in said if mean is not None]
    assert (row.best, row.worst) == (max(means), min(means))
    assert row.verdicts.split() == sorted({str(verdict) for _, verdict, _ in said})
    assert answer.recommended


def test_a_training_is_there_with_its_accuracy() -> None:
    """It has no verdict."""
    answer = answer_of(training())
    assert answer.candidates == []
    assert answer.accuracy is not None
    assert answer.seeds > 0


def test_what_an_extended_job_answered_stays_until_it_is_over_again(database: Database) -> None:
    """And is replaced then."""
    job_id = _succeeded(database, full())
    with database.writing() as session:
        noting.note_end(session, job_id)
    row = _row(database, job_id)
    assert row is not None
    assert row.answer is not None


def test_it_goes_with_its_job(database: Database) -> None:
    """Nothing is left in lists of what was forgotten."""
    job_id = _succeeded(database, full())
    with database.writing() as session:
        assert old_jobs.forget(session, NOW + 1, 9)
    assert _row(database, job_id) is None


def test_earlier_jobs_are_found_once(database: Database) -> None:
    """Those that are over and of which nothing is noted."""
    job_id = _succeeded(database, full())
    with database.writing() as session:
        session.delete(session.get_one(AnswerRow, job_id))
        new_job(session)
    with database.reading() as session:
        assert list(noting.unnoted(session, 9)) == [(job_id, "jobs/x/report.json")]
    with database.writing() as session:
        noting.note_end(session, job_id)
        assert list(noting.unnoted(session, 9)) == []


@pytest.mark.parametrize("name", REFERENCES)
def test_a_dataset_is_called_by_where_it_comes_from(name: str) -> None:
    """By the last part of it, as a person would."""
    TypeAdapter(DatasetReference).validate_python(REFERENCES[name])
    assert dataset_name(REFERENCES[name]) == name


@given(st.dictionaries(st.sampled_from(["kind", "path", "url", "key", "name", "bucket"]), st.text(max_size=300)))
def test_a_name_is_never_empty_nor_too_long(reference: dict[str, str]) -> None:
    """Whatever a reference of an earlier version has in it."""
    name = dataset_name(reference)
    assert len(name) <= MAX_DATASET_LENGTH
    assert name or not any(reference.values())


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ({"name": "linear"}, "linear"),
        ({"id": "model_1"}, "model_1"),
        ({"config": {"layers": []}}, "own network"),
        ({"name": "applications/VGG16", "weights": "imagenet"}, "applications/VGG16 (imagenet)"),
    ],
)
def test_a_model_is_called_as_it_was_asked_for(model: dict[str, Any], name: str) -> None:
    """By its name, its id, or as one's own."""
    assert model_name(comparison_body(model=model)) == name


def test_what_measures_nothing_has_no_metric() -> None:
    """An augmentation has neither a model nor a metric."""
    request = {"kind": "augmentation", "spec": {}}
    assert (model_name(request), metric_name(request)) == ("", "")
