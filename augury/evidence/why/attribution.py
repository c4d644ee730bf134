"""Which of a spec's random parameters does the damage: each alone, by inference or by training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from api_schemas.reports.evidence import DosePoint, ParameterEffect
from augury.evidence.arm_results import ArmRecord
from augury.evidence.probe_results import ClassCounts, ParameterProbe
from augury.evidence.safe_ranges import THRESHOLD, safe_value
from augury.evidence.why.affinity import Affinity, affinity_of, class_affinities

NEGLIGIBLE = 0.05
"""A root mean square change, in the images' own standard deviations, that is as good as none."""

_UNCHANGED = 0.95
_MAX_CLASSES = 5


@dataclass(frozen=True)
class ParameterFacts:
    """A parameter's effect, and what is behind it."""

    effect: ParameterEffect
    clean_accuracy: float
    accuracy: float
    """Of the baseline's models on clean images and on images with this parameter alone."""
    drawn_change: float
    seen_change: float
    mistakes: list[tuple[int, int, float]]
    """(true class, class it is taken for, share of the true class's images), largest share first."""

    @property
    def is_cancelled(self) -> bool:
        """Whether the spec's own samplewise normalisation undoes what the parameter does."""
        return self.effect.no_effect and self.drawn_change >= NEGLIGIBLE and self.seen_change < self.drawn_change / 2


def parameter_facts(
    probes: Sequence[Sequence[ParameterProbe]],
    clean: Sequence[ClassCounts],
    shape: tuple[int, int, int],
    class_names: Sequence[str],
    threshold: float = THRESHOLD,
    distinct: float = 1.0,
) -> list[ParameterFacts]:
    """Every random parameter of one candidate, most damaging first.

    Args:
        probes: of every seed, the candidate's parameters, in one order.
        clean: of every seed, the answers to clean images.
        shape: height, width and channels of the images.
        class_names: in the order of labels.
        threshold: the affinity that is still safe.
        distinct: the share of the images shown over all seeds that are different ones, in (0, 1].
    """
    found = [
        facts
        for of_seeds in zip(*probes, strict=True)
        if (facts := _facts(list(of_seeds), clean, shape, class_names, threshold, distinct)) is not None
    ]
    damages = [damage_of(facts.effect) for facts in found]
    total = sum(damages)
    shared = [
        _with_share(facts, damage / total if total else None) for facts, damage in zip(found, damages, strict=True)
    ]
    return sorted(shared, key=lambda facts: -damage_of(facts.effect))


def damage_of(effect: ParameterEffect) -> float:
    """1 - affinity where it is certain that there is any damage (the interval is below 1), and 0 elsewhere."""
    return max(0.0, 1 - effect.affinity) if effect.high < 1 else 0.0


def _with_share(facts: ParameterFacts, share: float | None) -> ParameterFacts:
    return replace(facts, effect=facts.effect.model_copy(update={"damage_share": share}))


def _facts(
    probes: list[ParameterProbe],
    clean: Sequence[ClassCounts],
    shape: tuple[int, int, int],
    class_names: Sequence[str],
    threshold: float,
    distinct: float,
) -> ParameterFacts | None:
    judged = [probe.judged for probe in probes]
    affinity = affinity_of(judged, clean, distinct)
    if affinity is None:
        return None
    points = _dose_response(probes, clean)
    first = probes[0]
    seen = float(np.mean([probe.seen_change for probe in probes]))
    effect = ParameterEffect(
        parameter=first.parameter,
        value=first.value,
        affinity=affinity.value,
        low=affinity.low,
        high=affinity.high,
        damage_share=None,
        dose_response=points,
        safe_value=safe_value(
            first.parameter, first.value, [(point.fraction, point.affinity) for point in points], shape, threshold
        ),
        no_effect=seen < NEGLIGIBLE or min(probe.unchanged for probe in probes) >= _UNCHANGED,
        worst_classes=_worst_classes(class_affinities(judged, clean, distinct), class_names, threshold),
    )
    return ParameterFacts(
        effect=effect,
        clean_accuracy=float(np.mean([each.accuracy for each in clean])),
        accuracy=float(np.mean([each.accuracy for each in judged])),
        drawn_change=float(np.mean([probe.drawn_change for probe in probes])),
        seen_change=seen,
        mistakes=mistake_shares(judged),
    )


def _dose_response(probes: list[ParameterProbe], clean: Sequence[ClassCounts]) -> list[DosePoint]:
    points = []
    for of_seeds in zip(*(probe.doses for probe in probes), strict=True):
        affinity = affinity_of([dose.judged for dose in of_seeds], clean)
        assert affinity is not None, "the parameter itself has an affinity"
        points.append(DosePoint(fraction=of_seeds[0].fraction, value=of_seeds[0].value, affinity=affinity.value))
    return points


def _worst_classes(affinities: Sequence[Affinity | None], class_names: Sequence[str], threshold: float) -> list[str]:
    """Classes whose whole interval lies below the threshold, lowest affinity first."""
    below = [
        (affinity.value, name)
        for affinity, name in zip(affinities, class_names, strict=True)
        if affinity is not None and affinity.high < threshold
    ]
    return [name for _, name in sorted(below)[:_MAX_CLASSES]]


def mistake_shares(judged: Sequence[ClassCounts]) -> list[tuple[int, int, float]]:
    """What is taken for what: (true class, class it is taken for, share of the true class's images), largest first."""
    counts: dict[tuple[int, int], int] = {}
    for each in judged:
        for source, target, images in each.mistakes:
            counts[source, target] = counts.get((source, target), 0) + images
    shown = np.sum([each.shown for each in judged], axis=0)
    shares = [(source, target, float(images / shown[source])) for (source, target), images in counts.items()]
    return sorted(shares, key=lambda each: (-each[2], each[0], each[1]))


def with_trained_arms(
    facts: ParameterFacts, name: str, arm: ArmRecord, preprocessing: ArmRecord, arms: Mapping[str, ArmRecord]
) -> ParameterFacts:
    """A parameter's effect with what the arms of a full attribution measured, as far as they were trained."""
    parameter = facts.effect.parameter
    effect = facts.effect.model_copy(
        update={
            "trained_alone": paired_mean(arms.get(f"{name}:only:{parameter}"), preprocessing),
            "trained_without": paired_mean(arm, arms.get(f"{name}:without:{parameter}")),
        }
    )
    return replace(facts, effect=effect)


def paired_mean(arm: ArmRecord | None, reference: ArmRecord | None) -> float | None:
    """Mean accuracy difference over the seeds that both finished, in percentage points; None where there is none."""
    if arm is None or reference is None:
        return None
    both = sorted(arm.seeds.keys() & reference.seeds.keys())
    if not both:
        return None
    return float(np.mean([100 * (arm.seeds[seed].accuracy - reference.seeds[seed].accuracy) for seed in both]))
