"""Models that are sent as configurations are stored once, and trials find them again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, text

from augury.planning.trial_definition import TrialDefinition
from store import migrate
from store.database import Database
from store.rows import trials
from store.rows.tables import JobTrialRow, ModelRow, TrialRow
from tests.store.databases import NOW, comparison, running_job, succeed
from tests.store.test_migrations import _migrate_to

LAYERS: list[dict[str, Any]] = [
    {"module": "keras.layers", "class_name": "Flatten", "config": {"name": "flatten"}},
    {"module": "keras.layers", "class_name": "Dense", "config": {"units": 10, "activation": "softmax"}},
]
MODEL = {"config": {"module": "keras", "class_name": "Sequential", "config": {"layers": LAYERS}}}


def _definitions(database: Database, job_id: str) -> list[dict[str, Any]]:
    with database.reading() as session:
        return [trials.definition_of(session, trial) for _, trial in trials.of_job(session, job_id)]


def test_a_configuration_is_stored_once_for_all_trials(database: Database) -> None:
    """And every trial's definition is whole when it is read, with the key under which it was stored."""
    with database.writing() as session:
        job_id = running_job(session, comparison(model=MODEL)).id
        assert session.scalar(select(func.count()).select_from(ModelRow)) == 1
        rows = [trial for _, trial in trials.of_job(session, job_id)]
        assert not any("model" in trial.definition for trial in rows)
    read = [TrialDefinition.model_validate(each) for each in _definitions(database, job_id)]
    assert {each.model.config == MODEL["config"] for each in read} == {True}
    assert [each.key() for each in read] == [trial.key for trial in rows]


def test_a_model_with_a_name_stays_in_its_definitions(database: Database) -> None:
    """It is a word."""
    with database.writing() as session:
        job_id = running_job(session).id
        assert session.scalar(select(func.count()).select_from(ModelRow)) == 0
    assert _definitions(database, job_id)[0]["model"] == {"name": "small_cnn"}


@pytest.mark.parametrize("is_used", [True, False])
def test_a_model_is_forgotten_with_the_last_of_its_trials(database: Database, is_used: bool) -> None:
    """Not before: the trials of another job may have it, too."""
    with database.writing() as session:
        job = running_job(session, comparison(model=MODEL))
        if is_used:
            running_job(session, comparison(model=MODEL, evaluation={"seeds": 2, "first_seed": 7}))
        for _, trial in trials.of_job(session, job.id):
            succeed(session, trial)
        session.query(JobTrialRow).filter_by(job_id=job.id).delete()
        assert len(trials.forget(session, NOW + 1, 10)) == 4
        assert session.scalar(select(func.count()).select_from(ModelRow)) == is_used


def test_going_back_a_version_gives_trials_their_models_back(database: Database) -> None:
    """An earlier version looks for them in the definitions."""
    with database.writing() as session:
        job_id = running_job(session, comparison(model=MODEL)).id
    whole = _definitions(database, job_id)
    _migrate_to(database, "0007")
    with database.engine.connect() as connection:
        assert connection.execute(text("select count(*) from trials where definition like '%Flatten%'")).scalar() == 4
    migrate.upgrade(database)
    assert _definitions(database, job_id) == whole
    with database.reading() as session:
        assert set(session.scalars(select(TrialRow.model_digest))) == {None}
