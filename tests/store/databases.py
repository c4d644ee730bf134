"""Databases and rows for tests: real SQLite files with the migrated schema."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest
from api_schemas.training.trials import Curves, TrialResult
from augury.planning import comparison as plans
from augury.planning.splits import split_definition
from store import migrate
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, jobs, leases, trials
from store.rows.tables import DatasetRow, JobRow, TrialRow

NOW = 1_800_000_000.0
"""A fixed time; the store never looks at a clock of its own."""

DIGITS = {"kind": "builtin", "name": "digits"}
FACTS = DatasetFacts(
    images=100,
    classes={str(digit): 10 for digit in range(10)},
    shape=(8, 8, 1),
    dtype="uint8",
    value_range=(0.0, 255.0),
    channel_mean=[77.0],
    channel_std=[95.0],
)
OVER = {
    "rotation_range": 90,
    "width_shift_range": 0.5,
    "height_shift_range": 0.5,
    "shear_range": 0.5,
    "zoom_range": 0.5,
    "horizontal_flip": True,
    "fill_mode": "nearest",
}
APPROPRIATE = {
    "rotation_range": 20,
    "width_shift_range": 0.1,
    "height_shift_range": 0.1,
    "horizontal_flip": True,
    "rescale": 1 / 255,
}
TARGETED = {
    "brightness_range": [0.8, 1.2],
    "channel_shift_range": 0.1,
    "samplewise_center": True,
    "samplewise_std_normalization": True,
}
STANDING_EXAMPLE = {"over": OVER, "appropriate": APPROPRIATE, "targeted": TARGETED}


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="augury-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'augury.db'}")
    migrate.upgrade(database)
    database.close()
    return folder / "augury.db"


def migrated_copy(folder: Path) -> Database:
    """A database of its own in *folder*, with the newest schema and nothing in it."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(_template(), folder / "augury.db")
    return Database(f"sqlite:///{folder / 'augury.db'}")


def comparison_body(specs: dict[str, dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """A request as a client sends it: by default one candidate that flips, on two seeds for one epoch."""
    specs = {"flip": {"horizontal_flip": True, "rescale": 1 / 255}} if specs is None else specs
    return {
        "kind": "comparison",
        "dataset": DIGITS,
        "candidates": [{"name": name, "spec": spec} for name, spec in specs.items()],
        "training": {"epochs": 1},
        "evaluation": {"seeds": 2},
        **changes,
    }


def comparison(specs: dict[str, dict[str, Any]] | None = None, **changes: Any) -> ComparisonRequest:
    """The same, validated."""
    return ComparisonRequest.model_validate(comparison_body(specs, **changes))


def ready_dataset(session: Session, now: float = NOW, project: str = DEFAULT_PROJECT) -> DatasetRow:
    """The digits' row, with a snapshot that is said to be there."""
    row = datasets.register(session, project, DIGITS, now)
    if row.digest is None:
        lease = leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=now, seconds=10)
        assert lease is not None
        datasets.finish_ingestion(session, lease, "d" * 64, FACTS, now)
        session.refresh(row)
    return row


def new_job(
    session: Session, request: ComparisonRequest | None = None, now: float = NOW, project: str = DEFAULT_PROJECT
) -> JobRow:
    """A queued job on the digits."""
    request = request or comparison()
    return jobs.create(session, request, datasets.register(session, project, DIGITS, now), now, now + 3600)


def running_job(
    session: Session, request: ComparisonRequest | None = None, now: float = NOW, project: str = DEFAULT_PROJECT
) -> JobRow:
    """A job in training, with its plan and its trials."""
    request = request or comparison()
    dataset = ready_dataset(session, now, project)
    job = new_job(session, request, now, project)
    jobs.begin(session, job, jobs.Phase.TRAINING, now)
    session.refresh(job)
    jobs.adopt_plan(session, job, plans.plan_comparison(request, "uint8"), dataset, now)
    return job


def new_trial(session: Session, seed: int = 0, now: float = NOW) -> TrialRow:
    """A queued trial that no job asks for."""
    request = comparison()
    arm = plans.plan_comparison(request, "uint8").arms[0]
    split = split_definition(request.evaluation, FACTS)
    definition = plans.trial_definition(request, arm, seed, "d" * 64, split)
    dataset = ready_dataset(session, now)
    key = definition.key()
    of_all = {"dataset_id": dataset.id, "queue": "cpu", "now": now}
    found = trials.ensure_all(session, dataset.project_id, {key: definition}, **of_all)
    return session.get_one(TrialRow, found[key].id)


def result(accuracy: float = 0.9, seconds: float = 2.0) -> TrialResult:
    """What a short training run might have measured."""
    return TrialResult(
        validation_accuracy=accuracy,
        clean_training_accuracy=accuracy,
        diverged=False,
        epochs=1,
        training_images=80,
        validation_images=20,
        seconds=seconds,
        augmentation_seconds=seconds / 2,
        curves=Curves(training_loss=[1.0], training_accuracy=[0.5], validation_loss=[1.0], validation_accuracy=[0.5]),
    )


def claim(session: Session, trial: TrialRow, now: float = NOW, seconds: float = 10) -> leases.Lease:
    """A lease on a queued trial."""
    lease = leases.claim(session, leases.TRIALS, trial.id, owner="worker", now=now, seconds=seconds)
    assert lease is not None
    return lease


def succeed(session: Session, trial: TrialRow, accuracy: float = 0.9, now: float = NOW) -> None:
    """Have a queued trial done with a result."""
    assert trials.succeed(session, claim(session, trial, now), result(accuracy), now)
