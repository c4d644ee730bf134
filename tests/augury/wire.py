"""Bodies as the service sends them."""

from __future__ import annotations

from typing import Any

from api_schemas.datasets.dataset import Dataset, DatasetState
from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import Job, JobState
from api_schemas.progress import Progress
from api_schemas.reports.report import Report

REQUEST = {
    "kind": "comparison",
    "dataset": {"kind": "builtin", "name": "digits"},
    "candidates": [{"name": "flips", "spec": {"horizontal_flip": True}}],
}
CURVES = {"training_loss": [1.0], "training_accuracy": [0.5], "validation_loss": [1.0], "validation_accuracy": [0.5]}


def job(
    state: JobState = JobState.RUNNING, done: int = 0, *, has_report: bool = False, reused: int = 0
) -> dict[str, Any]:
    """A job on the wire."""
    failed = state is JobState.FAILED
    return Job(
        id="job_1",
        kind="comparison",
        state=state,
        phase="done" if state.is_terminal else "training",
        is_terminal=state.is_terminal,
        request=REQUEST,
        labels={},
        dataset_id="ds_1",
        progress=Progress(
            trials_total=4,
            trials_done=done,
            trials_reused=reused,
            trials_running=0,
            fraction=done / 4,
            estimated_finish=None,
        ),
        error=Failure.of(FailureClass.WORKER_LOST, "Three workers were lost.") if failed else None,
        has_report=has_report,
        created_at="2026-01-31T12:00:00.000Z",
        started_at=None,
        finished_at=None,
        timeline=[],
    ).model_dump(mode="json")


FACTS = {
    "images": 30,
    "classes": {"ant": 20, "bee": 10},
    "shape": [12, 20, 3],
    "dtype": "uint8",
    "value_range": [0, 255],
    "channel_mean": [77.0, 78.0, 79.0],
    "channel_std": [95.0, 95.0, 95.0],
    "splits": {"train": {"ant": 15, "bee": 8}, "test": {"ant": 5, "bee": 2}},
    "groups": 7,
    "sizes": {"100x80": 29, "90x90": 1},
    "extensions": {".jpg": 30},
    "duplicates": 2,
    "duplicates_across_splits": 1,
    "skipped": [{"reason": "not an image", "count": 3, "examples": ["notes.txt"]}],
    "warnings": ["1 image is in train and in test."],
}


def dataset(state: DatasetState = DatasetState.QUEUED, **changes: Any) -> dict[str, Any]:
    """A dataset on the wire."""
    is_failed = state is DatasetState.FAILED
    failure = Failure.of(FailureClass.DATASET, "There is no image in it.", "images.none")
    body = {
        "id": "ds_" + "1" * 32,
        "state": state,
        "is_terminal": state.is_terminal,
        "reference": {"kind": "upload", "sha256": "a" * 64},
        "digest": None,
        "facts": FACTS if state is DatasetState.READY else None,
        "error": failure if is_failed else None,
        "created_at": "2026-01-31T12:00:00.000Z",
    }
    return Dataset.model_validate(body | changes, strict=False).model_dump(mode="json", by_alias=True)


def difference(mean: float, half: float) -> dict[str, Any]:
    """A difference on the wire."""
    return {
        "mean": mean,
        "low": mean - half,
        "high": mean + half,
        "confidence": 0.983,
        "standard_deviation": 1.0,
        "seeds": [0, 1, 2, 3, 4],
        "per_seed": [mean] * 5,
    }


def seed_result(seed: int, accuracy: float, *, diverged: bool = False) -> dict[str, Any]:
    """One trial of an arm on the wire."""
    return {
        "seed": seed,
        "trial_id": f"trial_{seed}",
        "reused": False,
        "validation_accuracy": accuracy,
        "clean_training_accuracy": 0.987,
        "diverged": diverged,
        "seconds": 3.2,
        "augmentation_seconds": 1.1,
        "curves": CURVES,
    }


def arm(name: str, role: str, accuracy: float, *, seeds: int = 5) -> dict[str, Any]:
    """An arm on the wire."""
    return {
        "name": name,
        "role": role,
        "spec": {},
        "mean_validation_accuracy": accuracy,
        "mean_clean_training_accuracy": 0.987,
        "mean_seconds": 3.21,
        "per_seed": [seed_result(seed, accuracy + seed / 1000) for seed in range(seeds)],
        "failed_trials": [],
    }


def candidate(name: str, verdict: str, mean: float, half: float) -> dict[str, Any]:
    """A candidate's verdict on the wire."""
    return {
        "name": name,
        "arm": name,
        "preprocessing_arm": f"{name}:preprocessing",
        "verdict": verdict,
        "sentence": f"{name} {verdict}: {mean:+.1f} points against the baseline.",
        "difference": difference(mean, half),
        "preprocessing": difference(mean / 2, half),
        "augmentation": difference(mean / 2, half),
    }


def report_body(candidates: list[dict[str, Any]], arms: list[dict[str, Any]]) -> dict[str, Any]:
    """A report on the wire."""
    facts = {
        "images": 1797,
        "classes": {"0": 178},
        "shape": [8, 8, 1],
        "dtype": "uint8",
        "value_range": [0, 255],
        "channel_mean": [77.0],
        "channel_std": [95.0],
    }
    body = {
        "job_id": "job_1",
        "created_at": "2026-01-31T12:00:00.000Z",
        "complete": True,
        "candidates": candidates,
        "arms": arms,
        "method": {
            "interval": "paired t over seeds; verdicts hold together at the stated confidence (Bonferroni)",
            "confidence": 0.95,
            "practical_effect": 0.5,
            "candidates": len(candidates),
            "training_images": 500,
            "validation_images": 360,
        },
        "cost": {"trials": 30, "trials_reused": 5, "trials_failed": 1, "training_seconds": 123.45},
        "provenance": {
            "dataset_digest": "0" * 64,
            "dataset": facts,
            "engine": "1",
            "versions": {"keras": "3.15"},
            "request": REQUEST,
        },
    }
    return Report.model_validate(body, strict=False).model_dump(mode="json", by_alias=True)
