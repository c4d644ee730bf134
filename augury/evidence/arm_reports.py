"""The parts of a report that do not depend on a verdict: arms, method, cost, provenance."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from itertools import chain
from statistics import fmean
from typing import Literal

from api_schemas.failures import Failure
from api_schemas.plans import Arm, ArmRole
from api_schemas.reports.evidence import Look
from api_schemas.reports.report import ArmReport, Cost, FailedTrial, Method, Provenance, SeedResult
from api_schemas.training.backends import DEFAULT_BACKEND
from api_schemas.training.trials import Trial, TrialState
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.metrics.arms import arm_metrics
from augury.planning.splits import fixed_validation, split_sizes

_ENGINES = {"augury": "augury (ImageDataGenerator's semantics)", "keras": "keras ImageDataGenerator"}
_VERSIONED = ("augury", "keras", "tensorflow", "numpy", "scikit-learn")
"""Here, where the report is made. What computed the trials, trials say, but for those of earlier versions."""
_GAVE_NO_RESULT = (TrialState.FAILED,)  # a cancelled one was given up, and says nothing


def arm_report(results: ComparisonResults, arm: Arm) -> ArmReport:
    """One arm over the seeds of the rounds it is judged by: of its own, those of the confirmation."""
    seeds = set(results.seeds("confirmation" if arm.role == ArmRole.RECOMMENDED else "comparison"))
    trials = [trial for trial in results.trials if trial.arm == arm.name and trial.seed in seeds]
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
        metrics=arm_metrics(results.records[arm.name], seeds),
        failed_trials=[FailedTrial(trial_id=trial.id, seed=trial.seed, error=_error_of(trial)) for trial in failed],
    )


def method(results: ComparisonResults, interval: str, looks: Sequence[Look] = ()) -> Method:
    """How the figures were reached.

    Args:
        results: of all rounds.
        interval: how intervals are made, in words.
        looks: at the evidence of a comparison, in order.
    """
    settings = results.request.evaluation
    sizes = split_sizes(settings, results.facts, results.plan.held_out)
    return Method(
        interval=interval,
        metric=settings.metric,
        confidence=settings.confidence,
        practical_effect=settings.practical_effect,
        candidates=len(results.plan.candidates),
        training_images=sizes.training,
        validation_images=sizes.validation,
        splits=_splits(results),
        baseline_rule=results.plan.baseline_rule,
        epochs_rule=results.plan.epochs_rule,
        backend=results.request.training.backend,
        looks=list(looks),
    )


def cost(results: ComparisonResults) -> Cost:
    """What the evidence cost, over all rounds."""
    own = {trial.id: trial for trial in results.trials if not trial.reused}
    return Cost(
        trials=len(results.trials),
        trials_reused=sum(trial.reused for trial in results.trials),
        trials_failed=sum(trial.state in _GAVE_NO_RESULT for trial in results.trials),
        training_seconds=sum(trial.result.seconds for trial in own.values() if trial.result),
        probes=len(results.probes),
        probes_failed=results.failed_probes,
    )


def provenance(results: ComparisonResults) -> Provenance:
    """What it takes to make the same numbers again."""
    return Provenance(
        dataset_digest=results.digest,
        dataset=results.facts,
        engine=_ENGINES[results.request.engine],
        versions=_versions(results),
        request=results.request.model_dump(mode="json"),
    )


def _versions(results: ComparisonResults) -> dict[str, str]:
    """Those that the trials say, the latest last, and of all else those that are installed here."""
    is_ours = results.request.training.backend == DEFAULT_BACKEND
    here = {name: version(name) for name in _VERSIONED if name != DEFAULT_BACKEND or is_ours}
    finished = (trial for trial in results.trials if trial.result is not None)
    in_order = sorted(finished, key=lambda trial: trial.finished_at or trial.created_at)
    return here | dict(chain.from_iterable(trial.result.versions.items() for trial in in_order if trial.result))


def is_complete(results: ComparisonResults) -> bool:
    """Whether every trial gave a result."""
    return all(trial.result is not None for trial in results.trials)


def _splits(results: ComparisonResults) -> Literal["random", "grouped", "fixed"]:
    if fixed_validation(results.request.evaluation, results.facts) is not None:
        return "fixed"
    return "random" if results.facts.groups is None else "grouped"


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
