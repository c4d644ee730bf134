"""The parts of a report that do not depend on a verdict: arms, cost, provenance."""

from __future__ import annotations

from importlib.metadata import version
from statistics import fmean

from api_schemas.failures import Failure
from api_schemas.plans import Arm, ArmRole
from api_schemas.reports.report import ArmReport, Cost, FailedTrial, Provenance, SeedResult
from api_schemas.training.trials import Trial, TrialState
from augury.evidence.comparison_results import Evidence

_ENGINES = {"augury": "augury (ImageDataGenerator's semantics)", "keras": "keras ImageDataGenerator"}
_VERSIONED = ("augury", "keras", "tensorflow", "numpy", "scikit-learn")
_GAVE_NO_RESULT = (TrialState.FAILED,)  # a cancelled one was given up, and says nothing


def arm_report(evidence: Evidence, arm: Arm) -> ArmReport:
    """One arm over the seeds of the rounds it is judged by: of its own, those of the confirmation."""
    seeds = set(evidence.seeds("confirmation" if arm.role == ArmRole.RECOMMENDED else "comparison"))
    trials = [trial for trial in evidence.trials if trial.arm == arm.name and trial.seed in seeds]
    finished = [_seed_result(trial) for trial in trials if trial.result is not None]
    failed = [trial for trial in trials if trial.state in _GAVE_NO_RESULT]
    return ArmReport(
        name=arm.name,
        role=arm.role,
        spec=arm.spec,
        mean_validation_accuracy=_mean([seed.validation_accuracy for seed in finished]),
        mean_clean_training_accuracy=_mean([seed.clean_training_accuracy for seed in finished]),
        mean_seconds=_mean([seed.seconds for seed in finished]),
        per_seed=finished,
        failed_trials=[FailedTrial(trial_id=trial.id, seed=trial.seed, error=_error_of(trial)) for trial in failed],
    )


def cost(evidence: Evidence) -> Cost:
    """What the evidence cost, over all rounds."""
    own = {trial.id: trial for trial in evidence.trials if not trial.reused}
    return Cost(
        trials=len(evidence.trials),
        trials_reused=sum(trial.reused for trial in evidence.trials),
        trials_failed=sum(trial.state in _GAVE_NO_RESULT for trial in evidence.trials),
        training_seconds=sum(trial.result.seconds for trial in own.values() if trial.result),
    )


def provenance(evidence: Evidence) -> Provenance:
    """What it takes to make the same numbers again."""
    return Provenance(
        dataset_digest=evidence.digest,
        dataset=evidence.facts,
        engine=_ENGINES[evidence.request.engine],
        versions={name: version(name) for name in _VERSIONED},
        request=evidence.request.model_dump(mode="json"),
    )


def is_complete(evidence: Evidence) -> bool:
    """Whether every trial gave a result."""
    return all(trial.result is not None for trial in evidence.trials)


def _seed_result(trial: Trial) -> SeedResult:
    assert trial.result is not None
    result = trial.result
    return SeedResult(
        seed=trial.seed,
        trial_id=trial.id,
        reused=trial.reused,
        validation_accuracy=result.validation_accuracy,
        clean_training_accuracy=result.clean_training_accuracy,
        diverged=result.diverged,
        seconds=result.seconds,
        augmentation_seconds=result.augmentation_seconds,
        curves=result.curves,
    )


def _error_of(trial: Trial) -> Failure:
    assert trial.error is not None, f"{trial.id} ended {trial.state} without saying why"
    return trial.error


def _mean(values: list[float]) -> float | None:
    return fmean(values) if values else None
