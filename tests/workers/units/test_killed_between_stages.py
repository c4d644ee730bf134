"""A trial in stages whose process is killed after the first one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from api_schemas.training.trials import TrialResult
from augury.planning.trial_definition import TrialDefinition
from augury.training.model_files.archive import read_config
from augury.training.model_files.stored import StoredModel, write_stored_model
from augury.training.trial import train_trial
from store.files.models import model_file, store_model
from store.files.snapshots import load_snapshot
from store.rows import leases, trials
from store.rows.tables import TrialRow
from tests.augury.training.conftest import Nobody
from tests.store.databases import comparison, new_job
from tests.workers.units.carried import advance, run_trial
from tests.workers.units.paused_between_stages import BETWEEN
from workers.context import Context
from workers.units.next_unit import work

pytestmark = pytest.mark.usefixtures("warm")

TIMES = {"seconds", "augmentation_seconds", "images_per_second"}


def _stored_backbone(context: Context, folder: Path) -> str:
    """The digest of a small network with weights, as reading it would have stored it."""
    keras.utils.set_random_seed(7)
    convolution = layers.Conv2D(8, 3, activation="relu")
    model = keras.Sequential([keras.Input((8, 8, 1)), convolution, layers.Flatten(), layers.Dense(2)])
    weights = [np.asarray(weight) for weight in model.weights]
    file = folder / "backbone"
    digest = write_stored_model(file, StoredModel(read_config(model.to_json().encode()), weights))
    store_model(context.artifacts, file, digest)
    return digest


def _planned_trial(context: Context, digest: str) -> str:
    """The first trial of a job that fine-tunes the network in two stages."""
    stages = [{"trainable": "head"}, {"trainable": "all", "learning_rate": 1e-3}]
    request = comparison(
        model={"digest": digest, "head": {}, "stages": stages},
        training={"epochs": 4},
        evaluation={"seeds": 2, "training_images": 60},
    )
    with context.database.writing() as session:
        job_id = new_job(session, request).id
    advance(context, job_id)
    assert work(context, "cpu"), "the dataset is read"
    advance(context, job_id)
    with context.database.reading() as session:
        return trials.of_job(session, job_id)[0][1].id


def _undisturbed(context: Context, trial_id: str) -> TrialResult:
    """What the trial gives where nothing happens to it."""
    with context.database.reading() as session:
        stored = trials.definition_of(session, session.get_one(TrialRow, trial_id))
    definition = TrialDefinition.model_validate(stored)
    assert definition.model.digest is not None
    with model_file(context.artifacts, definition.model.digest) as file:
        return train_trial(definition, load_snapshot(context.artifacts, definition.dataset), Nobody(), file).result


def test_a_trial_that_is_killed_between_stages_begins_again_once_and_gives_the_same(
    context: Context, tmp_path: Path
) -> None:
    """From the first stage on, by whoever has it next, once the lease of the dead has run out."""
    trial_id = _planned_trial(context, _stored_backbone(context, tmp_path))
    place = [str(context.settings.data_dir), context.settings.resolved_database_url, trial_id]
    command = [sys.executable, "-m", "tests.workers.units.paused_between_stages", *place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        assert any(line.strip() == BETWEEN for line in victim.stdout), "it ended before it came there"
        victim.kill()
    with context.database.writing() as session:
        assert session.get_one(TrialRow, trial_id).state == "running", "nobody knows yet"
        long_after = context.database.now(session) + 3600
        assert leases.expire(session, leases.TRIALS, now=long_after, max_attempts=3) == [trial_id]

    run_trial(context, trial_id)
    with context.database.reading() as session:
        row = session.get_one(TrialRow, trial_id)
    assert (row.state, row.attempts) == ("succeeded", 2)
    again = TrialResult.model_validate(row.result)
    assert again.epochs == 4
    assert again.model_dump(exclude=TIMES) == _undisturbed(context, trial_id).model_dump(exclude=TIMES)
