"""What a candidate costs or gains under which conditions, in words that claim only what the intervals show."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.reports.conditions import ConditionEffect
from api_schemas.reports.differences import Difference, Verdict
from augury.evidence.statistics.claims import direction_of
from augury.evidence.wording import points
from augury.wording import joined

_KINDS = {
    "rotated": "rotated",
    "shifted": "shifted",
    "scaled": "scaled",
    "blurred": "blurred",
    "noisy": "noisy",
    "jpeg": "JPEG-compressed",
    "dimmed": "dimmed",
    "low_contrast": "low-contrast",
    "colour_cast": "colour-cast",
    "occluded": "partly hidden",
}
_ID_LENGTH = 11
_MAX_TOLD = 3


def images_in_words(condition: str) -> str:
    """What images a condition's are: dimmed images, or those of another dataset."""
    kind = _KINDS.get(condition)
    return f"images of dataset {condition[:_ID_LENGTH]}…" if kind is None else f"{kind} images"


def sentence_of(
    name: str, unchanged: Difference | None, effects: Sequence[ConditionEffect], unit: str = "points"
) -> str:
    """What the candidate does: "costs 0.4 points on images like yours, gains 11.0 on dimmed ones".

    Args:
        name: the candidate's.
        unchanged: the verdict's own difference, on validation images as they are.
        effects: under the conditions.
        unit: of differences, in words.
    """
    measured = [effect for effect in effects if effect.difference is not None]
    if not measured:
        return f"{name}: too few of its models and of the baseline's could be judged under conditions."
    said = [_on_unchanged(unchanged, unit)]
    for direction, verb in ((1, "gains"), (-1, "costs")):
        shown = [effect for effect in measured if direction_of(effect.difference) == direction]
        if shown:
            said.append(_told(verb, shown))
    neither = [effect for effect in measured if not direction_of(effect.difference)]
    same = [effect for effect in neither if effect.verdict is Verdict.EQUIVALENT]
    undecided = [effect for effect in neither if effect.verdict is not Verdict.EQUIVALENT]
    further = f". It makes no difference that counts on {_listed(same)}" if same else ""
    further += f". No difference is shown on {_listed(undecided)}" if undecided else ""
    return f"{name} {joined(said)}{further}."


def _on_unchanged(difference: Difference | None, unit: str) -> str:
    shown = direction_of(difference)
    if difference is None or not shown:
        return "shows no difference on images like yours"
    size = points(difference.mean) if unit == "points" else f"{abs(difference.mean):.1f} {unit}"
    return f"{'gains' if shown > 0 else 'costs'} {size} on images like yours"


def _told(verb: str, effects: Sequence[ConditionEffect]) -> str:
    """The largest of what is gained, or of what it costs."""
    ranked = sorted(effects, key=lambda effect: -abs(_mean(effect)))
    told = [f"{abs(_mean(effect)):.1f} on {_ones(effect)}" for effect in ranked[:_MAX_TOLD]]
    left = ranked[_MAX_TOLD:]
    if left:
        told.append(f"up to {abs(_mean(left[0])):.1f} on {_listed(left)}")
    return f"{verb} {joined(told)}"


def _mean(effect: ConditionEffect) -> float:
    assert effect.difference is not None
    return effect.difference.mean


def _ones(effect: ConditionEffect) -> str:
    kind = _KINDS.get(effect.condition)
    return effect.images if kind is None else f"{kind} ones"


def _listed(effects: Sequence[ConditionEffect]) -> str:
    """Kinds of images: rotated and dimmed ones, and images of dataset ds_0123…"""
    kinds = [_KINDS[effect.condition] for effect in effects if effect.condition in _KINDS]
    of_others = [effect.images for effect in effects if effect.condition not in _KINDS]
    return joined(([f"{joined(kinds)} ones"] if kinds else []) + of_others)
