"""Why a candidate helps or hurts: from what was measured to the report's ``why``."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.reports.evidence import ClassEffect, Flip, Why
from augury.evidence.probe_results import Probe
from augury.evidence.why.affinity import class_affinities, diversity_of
from augury.evidence.why.attribution import ParameterFacts, parameter_facts, with_trained_arms
from augury.evidence.why.causes import explain
from augury.evidence.why.classes import class_differences, grown_confusions
from augury.evidence.why.diagnosis import Question, Story, telling_probes
from augury.linting.measurements import measure, motion_of


def why_of(question: Question) -> Why:
    """Everything behind a candidate's verdict, ending in the causes in words, strongest first.

    Pure and deterministic. What was not measured (no probe, no finished trial) is None or empty.
    """
    return why_from(story_of(question))


def why_from(story: Story) -> Why:
    """The report's part from a story."""
    return Why(
        affinity=None if story.affinity is None else story.affinity.value,
        diversity=story.diversity,
        invented_share=story.invented_share,
        kept_share=story.kept_share,
        generalisation_gap=story.gap,
        baseline_generalisation_gap=story.baseline_gap,
        still_improving=_most([record.still_improving for record in story.question.arm.seeds.values()]),
        parameters=list(story.effects),
        classes=list(story.classes),
        flips=list(story.flips),
        causes=explain(story),
    )


def story_of(question: Question) -> Story:
    """All figures that the explanation needs."""
    probes = telling_probes(question)
    geometry = _geometry(question.arm.spec, probes)
    return Story(
        question=question,
        parameters=_parameters(question, probes),
        classes=_classes(question, probes),
        flips=_flips(question),
        diversity=diversity_of(question.arm, question.baseline),
        invented_share=geometry[0],
        kept_share=geometry[1],
    )


def _parameters(question: Question, probes: Sequence[Probe]) -> list[ParameterFacts]:
    if not probes:
        return []
    facts = parameter_facts(
        [probe.candidates[question.name].parameters for probe in probes],
        [probe.clean for probe in probes],
        probes[0].shape,
        question.class_names,
    )
    return [
        with_trained_arms(each, question.name, question.arm, question.preprocessing, question.attribution)
        for each in facts
    ]


def _geometry(spec: ImageDataGeneratorSpec, probes: Sequence[Probe]) -> tuple[float | None, float | None]:
    """Invented and kept shares of the pixels, from simulated draws; None where the images' size is not known."""
    if not probes:
        return None, None
    height, width, _ = probes[0].shape
    measured = measure(motion_of(spec), height, width, "keras")
    return measured.invented_mean, measured.kept_mean


def _classes(question: Question, probes: Sequence[Probe]) -> list[ClassEffect]:
    names = question.class_names
    affinities = (
        class_affinities([probe.candidates[question.name].judged for probe in probes], [p.clean for p in probes])
        if probes
        else [None] * len(names)
    )
    found = class_differences(question.arm, question.baseline, len(names), question.confidence, question.groups)
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


def _flips(question: Question) -> list[Flip]:
    names = question.class_names
    return [
        Flip(
            source=names[grown.source],
            target=names[grown.target],
            baseline_share=grown.reference_share,
            candidate_share=grown.candidate_share,
        )
        for grown in grown_confusions(question.arm, question.baseline, len(names))
    ]


def _most(flags: Sequence[bool]) -> bool:
    return sum(flags) > len(flags) / 2
