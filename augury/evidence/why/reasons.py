"""Why a candidate helps or hurts: from what was measured to the report's ``why``."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.reports.evidence import ClassEffect, Flip, SingleSeeds, Why
from augury.evidence.candidate_results import CandidateResults
from augury.evidence.probe_results import Probe
from augury.evidence.statistics.single_seeds import single_seeds
from augury.evidence.why.affinity import class_affinities, distinct_share, diversity_of
from augury.evidence.why.attribution import ParameterFacts, parameter_facts, with_trained_arms
from augury.evidence.why.causes import explain
from augury.evidence.why.classes import class_differences, grown_confusions
from augury.evidence.why.diagnosis import CandidateDiagnosis, telling_probes
from augury.evidence.why.learning import has_collapsed, has_learned, is_cut_short
from augury.linting.measurements import measure, motion_of


def why_of(results: CandidateResults) -> Why:
    """Everything behind a candidate's verdict, ending in the causes in words, strongest first.

    Pure and deterministic. What was not measured (no probe, no finished trial) is None or empty.
    """
    diagnosis = diagnose(results)
    return Why(
        affinity=None if diagnosis.affinity is None else diagnosis.affinity.value,
        diversity=diagnosis.diversity,
        invented_share=diagnosis.invented_share,
        kept_share=diagnosis.kept_share,
        generalisation_gap=diagnosis.gap,
        baseline_generalisation_gap=diagnosis.baseline_gap,
        still_improving=is_cut_short(results.arm),
        baseline_still_improving=is_cut_short(results.baseline),
        learned=has_learned(results.arm),
        baseline_learned=has_learned(results.baseline),
        parameters=list(diagnosis.effects),
        classes=list(diagnosis.classes),
        flips=list(diagnosis.flips),
        single_seeds=diagnosis.single_seeds,
        causes=explain(diagnosis),
    )


def diagnose(results: CandidateResults) -> CandidateDiagnosis:
    """All figures that the explanation needs."""
    probes = telling_probes(results)
    invented, kept = _pixel_shares(results.arm.spec, probes)
    return CandidateDiagnosis(
        results=results,
        probes=probes,
        parameters=_parameters(results, probes),
        classes=_classes(results, probes),
        flips=_flips(results),
        diversity=diversity_of(results.arm, results.baseline),
        invented_share=invented,
        kept_share=kept,
        single_seeds=_seed_by_seed(results),
    )


def _seed_by_seed(results: CandidateResults) -> SingleSeeds | None:
    """What happened on single seeds; None where there is no difference."""
    difference = results.difference
    if difference is None:
        return None
    arms = results.arm.seeds, results.baseline.seeds
    both = [seed for seed in difference.seeds if all(seed in each for each in arms)]
    return single_seeds(difference, [seed for seed in both if has_collapsed(arms[0][seed], arms[1][seed])])


def _parameters(results: CandidateResults, probes: Sequence[Probe]) -> list[ParameterFacts]:
    if not probes:
        return []
    facts = parameter_facts(
        [probe.candidates[results.name].parameters for probe in probes],
        [probe.clean for probe in probes],
        probes[0].shape,
        results.class_names,
        distinct=distinct_share(probes, results.baseline),
    )
    return [
        with_trained_arms(each, results.name, results.arm, results.preprocessing, results.attribution) for each in facts
    ]


def _pixel_shares(spec: ImageDataGeneratorSpec, probes: Sequence[Probe]) -> tuple[float | None, float | None]:
    """Invented and kept shares of the pixels, from simulated draws; None where the images' size is not known."""
    if not probes:
        return None, None
    height, width, _ = probes[0].shape
    measured = measure(motion_of(spec), height, width, "keras")
    return measured.invented_mean, measured.kept_mean


def _classes(results: CandidateResults, probes: Sequence[Probe]) -> list[ClassEffect]:
    names = results.class_names
    judged, clean = [probe.candidates[results.name].judged for probe in probes], [probe.clean for probe in probes]
    affinities = (
        class_affinities(judged, clean, distinct_share(probes, results.baseline)) if probes else [None] * len(names)
    )
    found = class_differences(results.arm, results.baseline, len(names), results.confidence, results.groups)
    effects = []
    for each in found:
        affinity, difference = affinities[each.label], each.difference
        effects.append(
            ClassEffect(
                class_name=names[each.label],
                validation_images=int(each.images_per_seed),
                baseline_accuracy=each.reference_accuracy,
                candidate_accuracy=each.candidate_accuracy,
                difference=None if difference is None else difference.mean,
                low=None if difference is None else difference.low,
                high=None if difference is None else difference.high,
                adjusted_p=each.adjusted_p,
                significant=each.significant,
                affinity=None if affinity is None else affinity.value,
            )
        )
    return effects


def _flips(results: CandidateResults) -> list[Flip]:
    names = results.class_names
    return [
        Flip(
            source=names[grown.source],
            target=names[grown.target],
            baseline_share=grown.reference_share,
            candidate_share=grown.candidate_share,
        )
        for grown in grown_confusions(results.arm, results.baseline, len(names))
    ]
