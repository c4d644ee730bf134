"""The report of a comparison, from its trials."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from statistics import fmean

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets import DatasetFacts
from api_schemas.failures import Failure
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import Arm, CandidatePlan, Plan
from api_schemas.reports import (
    ArmReport,
    CandidateReport,
    Cost,
    Difference,
    FailedTrial,
    Method,
    Provenance,
    Report,
    SeedResult,
    Verdict,
)
from api_schemas.trials import Trial
from augmentation.lint import lint
from store import jobs, plans, trials
from store.canonical import timestamp
from store.database import Database
from store.tables import DatasetRow, JobRow
from workers.evidence.intervals import corrected_interval, simultaneous_confidence
from workers.evidence.verdicts import sentence_of, verdict_of

_INTERVAL_METHOD = (
    "paired t over seeds with Nadeau and Bengio's variance for overlapping splits; "
    "verdicts hold together at the stated confidence (Bonferroni over candidates)"
)
_ENGINES = {"augury": "augury (ImageDataGenerator's semantics)", "keras": "keras ImageDataGenerator"}
_VERSIONED = ("augury", "keras", "tensorflow", "numpy", "scikit-learn")


@dataclass(frozen=True)
class Evidence:
    """All that a report is made from."""

    job_id: str
    request: ComparisonRequest
    plan: Plan
    digest: str
    facts: DatasetFacts
    trials: list[Trial]

    def of_arm(self, arm: str) -> list[Trial]:
        """The arm's trials, by seed."""
        return [trial for trial in self.trials if trial.arm == arm]


def build_report(database: Database, job_id: str) -> Report:
    """Read the job's trials and say what they support."""
    with database.reading() as session:
        job = session.get_one(JobRow, job_id)
        dataset = session.get_one(DatasetRow, job.dataset_id)
        assert dataset.digest is not None, "trials exist only once the dataset is ready"
        evidence = Evidence(
            job_id=job_id,
            request=jobs.request_of(job, ComparisonRequest),
            plan=Plan.model_validate(job.plan),
            digest=dataset.digest,
            facts=DatasetFacts.model_validate(dataset.facts),
            trials=[trials.to_wire(link, row) for link, row in trials.of_job(session, job_id)],
        )
        now = database.now(session)
    return compose(evidence, now)


def compose(evidence: Evidence, now: float) -> Report:
    """The report, as a pure function of the evidence."""
    return Report(
        job_id=evidence.job_id,
        created_at=timestamp(now),
        complete=all(trial.result is not None for trial in evidence.trials),
        candidates=[_candidate(evidence, candidate) for candidate in evidence.plan.candidates],
        arms=[_arm(evidence, arm) for arm in evidence.plan.arms],
        method=_method(evidence),
        cost=_cost(evidence),
        provenance=Provenance(
            dataset_digest=evidence.digest,
            dataset=evidence.facts,
            engine=_ENGINES[evidence.request.engine],
            versions={name: version(name) for name in _VERSIONED},
            request=evidence.request.model_dump(mode="json"),
        ),
    )


def _candidate(evidence: Evidence, candidate: CandidatePlan) -> CandidateReport:
    settings = evidence.request.evaluation
    each = simultaneous_confidence(settings.confidence, len(evidence.plan.candidates))
    total = _difference(evidence, candidate.arm, plans.BASELINE, each)
    verdict = Verdict.INCONCLUSIVE if total is None else verdict_of(total.low, total.high, settings.practical_effect)
    return CandidateReport(
        name=candidate.name,
        arm=candidate.arm,
        preprocessing_arm=candidate.preprocessing_arm,
        verdict=verdict,
        sentence=sentence_of(candidate.name, verdict, total, settings.confidence, settings.practical_effect),
        difference=total,
        preprocessing=_difference(evidence, candidate.preprocessing_arm, plans.BASELINE, settings.confidence),
        augmentation=_difference(evidence, candidate.arm, candidate.preprocessing_arm, settings.confidence),
        findings=lint(_spec_of(evidence, candidate.arm), evidence.facts),
    )


def _spec_of(evidence: Evidence, arm: str) -> ImageDataGeneratorSpec:
    return next(each.spec for each in evidence.plan.arms if each.name == arm)


def _difference(evidence: Evidence, arm: str, reference: str, confidence: float) -> Difference | None:
    """Arm minus reference over the seeds that both finished; None for fewer than two."""
    accuracy = {trial.seed: trial.result.validation_accuracy for trial in evidence.of_arm(arm) if trial.result}
    against = {trial.seed: trial.result.validation_accuracy for trial in evidence.of_arm(reference) if trial.result}
    seeds = sorted(accuracy.keys() & against.keys())
    if len(seeds) < 2:
        return None
    points = [100 * (accuracy[seed] - against[seed]) for seed in seeds]
    training, validation = plans.split_sizes(evidence.request.evaluation, evidence.facts.images)
    interval = corrected_interval(points, training_images=training, validation_images=validation, confidence=confidence)
    return Difference(
        mean=interval.mean,
        low=interval.low,
        high=interval.high,
        confidence=confidence,
        standard_deviation=interval.standard_deviation,
        seeds=seeds,
        per_seed=points,
    )


def _arm(evidence: Evidence, arm: Arm) -> ArmReport:
    finished = [_seed_result(trial) for trial in evidence.of_arm(arm.name) if trial.result is not None]
    failed = [trial for trial in evidence.of_arm(arm.name) if trial.result is None]
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


def _method(evidence: Evidence) -> Method:
    settings = evidence.request.evaluation
    training, validation = plans.split_sizes(settings, evidence.facts.images)
    return Method(
        interval=_INTERVAL_METHOD,
        confidence=settings.confidence,
        practical_effect=settings.practical_effect,
        candidates=len(evidence.plan.candidates),
        training_images=training,
        validation_images=validation,
    )


def _cost(evidence: Evidence) -> Cost:
    own = {trial.id: trial for trial in evidence.trials if not trial.reused}
    return Cost(
        trials=len(evidence.trials),
        trials_reused=sum(trial.reused for trial in evidence.trials),
        trials_failed=sum(trial.result is None for trial in evidence.trials),
        training_seconds=sum(trial.result.seconds for trial in own.values() if trial.result),
    )


def _mean(values: list[float]) -> float | None:
    return fmean(values) if values else None
