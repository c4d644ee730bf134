"""Candidates from the facts of a dataset and what the linter says of them, each with its reason in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.candidates import preprocessed_as
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import Finding, Severity

FindingsOf = Callable[[ImageDataGeneratorSpec], Sequence[Finding]]
"""The linter: in this process, or asked for over HTTP."""


@dataclass(frozen=True)
class Proposal:
    """A candidate that is worth a comparison: its name, what it does, and why it is proposed."""

    name: str
    spec: Mapping[str, Any]
    reason: str


class LeftOut(NamedTuple):
    """Something usual that is not proposed for this dataset, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Proposals:
    """What to compare first on a dataset, and what rather not."""

    candidates: list[Proposal]
    left_out: list[LeftOut]


class _Idea(NamedTuple):
    """A usual transform: the specs for it, strongest first, and what one of them does to images of these facts."""

    name: str
    specs: tuple[Mapping[str, Any], ...]
    does: Callable[[Mapping[str, Any], DatasetFacts], str]


def propose(facts: DatasetFacts, baseline: ImageDataGeneratorSpec, findings_of: FindingsOf) -> Proposals:
    """What is usual and does no harm that can be told beforehand: of each transform the strongest that is not flagged.

    Args:
        facts: of the dataset.
        baseline: whose preprocessing every candidate gets, and is judged with.
        findings_of: what the linter says of a spec on these images.
    """
    candidates: list[Proposal] = []
    left_out: list[LeftOut] = []
    for idea in _IDEAS:
        objection = ""
        for spec in idea.specs:
            found = _objection(preprocessed_as(ImageDataGeneratorSpec.model_validate(spec), baseline), findings_of)
            if found is None:
                milder = f" More was flagged: {objection}" if objection else ""
                candidates.append(Proposal(idea.name, spec, idea.does(spec, facts) + milder))
                break
            objection = objection or found
        else:
            left_out.append(LeftOut(idea.name, objection))
    return Proposals(candidates, left_out)


def _objection(spec: ImageDataGeneratorSpec, findings_of: FindingsOf) -> str | None:
    """What the linter has against a spec: a complaint of a transform of it, or the advice to do without."""
    for found in findings_of(spec):
        advised = found.changed_spec
        if _is_of_a_transform(found, spec) and (
            found.severity is not Severity.INFO or (advised is not None and not advised.has_augmentation)
        ):
            return f"{found.message} {found.remedy}"
    return None


def _is_of_a_transform(found: Finding, spec: ImageDataGeneratorSpec) -> bool:
    """Whether it is about more than the preprocessing, which is not the candidate's own."""
    preprocessing = spec.preprocessing().model_fields_set
    return any(name not in preprocessing for name in found.parameters)


def _flipped(_: Mapping[str, Any], facts: DatasetFacts) -> str:
    return f"Half of the images are mirrored; none of the {len(facts.classes)} classes has a name that says it matters."


def _rotated(spec: Mapping[str, Any], facts: DatasetFacts) -> str:
    height, width, _ = facts.shape
    degrees = float(spec["rotation_range"])
    moved = math.radians(degrees) * math.hypot(height - 1, width - 1) / 2
    return f"Up to {degrees:g}° either way, which moves the corners of {height}×{width} images by {moved:.1f} pixels."


def _shifted(spec: Mapping[str, Any], facts: DatasetFacts) -> str:
    height, width, _ = facts.shape
    share = float(spec["width_shift_range"])
    return (
        f"Up to {share:.0%} of the width and of the height, which is {share * width:.1f} pixels across and "
        f"{share * height:.1f} down."
    )


def _zoomed(spec: Mapping[str, Any], facts: DatasetFacts) -> str:
    sizes = len(facts.sizes)
    why = f"; the files come in {sizes} sizes" if sizes > 1 else ""
    return f"Everything up to {float(spec['zoom_range']):.0%} larger or smaller, height and width by themselves{why}."


def _brightened(spec: Mapping[str, Any], facts: DatasetFacts) -> str:
    low, high = facts.value_range
    change = float(spec["brightness_range"][1]) - 1
    return f"Up to {change:.0%} darker or brighter, of values from {low:g} to {high:g}."


_IDEAS = (
    _Idea("flip", ({"horizontal_flip": True},), _flipped),
    _Idea("rotation", tuple({"rotation_range": degrees} for degrees in (20, 10, 5)), _rotated),
    _Idea(
        "shift",
        tuple({"width_shift_range": share, "height_shift_range": share} for share in (0.1, 0.05)),
        _shifted,
    ),
    _Idea("zoom", tuple({"zoom_range": share} for share in (0.2, 0.1)), _zoomed),
    _Idea("brightness", tuple({"brightness_range": [1 - change, 1 + change]} for change in (0.2, 0.1)), _brightened),
)
"""Strong shears, vertical flips and channel shifts are for whoever knows the images to ask for."""
