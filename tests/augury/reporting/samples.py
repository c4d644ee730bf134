"""Reports as a comparison makes them: one with everything, one with the least, and ones that strain a page."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from api_schemas.lint import Finding
from api_schemas.reports.evidence import ClassEffect, DosePoint, Flip, ParameterEffect, Why
from api_schemas.reports.report import ArmReport, CandidateReport, Difference, Report, SeedResult
from api_schemas.training.trials import Curves
from tests.store.databases import FACTS, STANDING_EXAMPLE

SEEDS = 5
EPOCHS = 30
HOSTILE = '<script>alert("x")</script>|`*_[a](b)\n# \u202e\x07&'
_SHEET_COLOURS = 200


def png(width: int = 480, height: int = 300) -> bytes:
    """A picture of the size of a contact sheet."""
    ramp = np.add.outer(np.arange(height), np.arange(width)) % _SHEET_COLOURS
    file = BytesIO()
    Image.fromarray(ramp.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def difference(mean: float, half: float) -> Difference:
    """A difference whose interval is *half* to either side."""
    return Difference(
        mean=mean,
        low=mean - half,
        high=mean + half,
        confidence=0.9833,
        standard_deviation=half / 2,
        seeds=list(range(SEEDS)),
        per_seed=[mean + (seed - 2) * half / 4 for seed in range(SEEDS)],
    )


def _seed(seed: int, accuracy: float, *, diverged: bool = False) -> SeedResult:
    climb = [round(accuracy * (1 - 0.8 * 0.8**epoch) + 0.002 * seed, 4) for epoch in range(EPOCHS)]
    rising: list[float | None] = [*climb[:-1], None] if diverged else list(climb)
    return SeedResult(
        seed=seed,
        trial_id=f"trial_{seed}",
        reused=seed == 0,
        validation_accuracy=accuracy + 0.004 * (seed - 2),
        clean_training_accuracy=min(1.0, accuracy + 0.04),
        diverged=diverged,
        seconds=3.2,
        augmentation_seconds=0.4,
        curves=Curves(
            training_loss=rising, training_accuracy=rising, validation_loss=rising, validation_accuracy=rising
        ),
    )


def arm(name: str, role: str, accuracy: float, spec: dict[str, Any] | None = None) -> ArmReport:
    """An arm that was trained on every seed."""
    return ArmReport.model_validate(
        {
            "name": name,
            "role": role,
            "spec": spec or {},
            "mean_validation_accuracy": accuracy,
            "mean_clean_training_accuracy": min(1.0, accuracy + 0.04),
            "mean_seconds": 3.2,
            "per_seed": [_seed(seed, accuracy) for seed in range(SEEDS)],
            "failed_trials": [],
        }
    )


def parameter(
    name: str, value: Any, affinity: float, *, safe: Any = None, share: float | None = None
) -> dict[str, Any]:
    """One random transform of which the accuracy falls evenly."""
    fractions = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
    doses = [
        DosePoint(
            fraction=part,
            value=value * part if isinstance(value, float) else value,
            affinity=max(0.1, 1 - (1 - affinity) * part),
        )
        for part in fractions
    ]
    return ParameterEffect(
        parameter=name,
        value=value,
        affinity=affinity,
        low=affinity - 0.03,
        high=affinity + 0.03,
        damage_share=share,
        dose_response=doses[:0] if isinstance(value, bool) else doses,
        safe_value=safe,
        no_effect=affinity == 1,
        worst_classes=["6", "9", "4"] if affinity < 0.9 else [],
    ).model_dump()


def class_effect(name: str, change: float, *, significant: bool = False) -> ClassEffect:
    """A class whose accuracy changed."""
    return ClassEffect(
        class_name=name,
        validation_images=36,
        baseline_accuracy=0.94,
        candidate_accuracy=0.94 + change / 100,
        difference=change,
        low=change - 6,
        high=change + 6,
        adjusted_p=0.001 if significant else 1.0,
        significant=significant,
        affinity=0.9,
    )


def why(parameters: list[dict[str, Any]], causes: list[dict[str, Any]], *, classes: int = 10) -> Why:
    """Everything that may be behind a verdict."""
    return Why(
        affinity=0.61,
        diversity=4.2,
        invented_share=0.31,
        kept_share=0.62,
        generalisation_gap=1.2,
        baseline_generalisation_gap=5.9,
        still_improving=True,
        parameters=[ParameterEffect.model_validate(each) for each in parameters],
        classes=[class_effect(str(at), -3.0 * (at % 7), significant=at % 7 > 4) for at in range(classes)],
        flips=[
            Flip(source="6", target="9", baseline_share=0.0, candidate_share=0.17),
            Flip(source="2", target="5", baseline_share=0.01, candidate_share=0.11),
        ],
        causes=causes,  # type: ignore[arg-type]
    )


def cause(kind: str, text: str, evidence: str, strength: float = 1.0) -> dict[str, Any]:
    """A reason, with its evidence."""
    return {"kind": kind, "text": text, "strength": strength, "evidence": evidence}


FINDING = Finding(
    rule="shear-in-degrees",
    severity="warning",  # type: ignore[arg-type]
    message="shear_range is in degrees: 0.5 moves no pixel of an 8x8 image by more than 0.04.",
    remedy="Use a value in degrees, for example 10.",
    parameters=["shear_range"],
)


def _over(at: int) -> CandidateReport:
    pointer = f"/candidates/{at}"
    parameters = [
        parameter("width_shift_range", 0.5, 0.66, safe=0.125, share=0.45),
        parameter("rotation_range", 90.0, 0.74, safe=22.5, share=0.34),
        parameter("zoom_range", 0.5, 0.86, safe=0.25, share=0.19),
        parameter("horizontal_flip", value=True, affinity=0.9, share=0.02),
        parameter("shear_range", 0.5, 1.0, safe=0.5, share=0.0),
    ]
    causes = [
        cause("parameter", "width_shift_range = 0.5 alone takes a third of the baseline's accuracy.",
              f"{pointer}/why/parameters/0", 30.0),
        cause("class", "6 and 9 are hit hardest: 6 is taken for 9 in 17%.", f"{pointer}/why/flips/0", 9.0),
        cause("still_improving", "Its trials had not levelled off after 30 epochs.", "/arms/1", 4.0),
    ]  # fmt: skip
    return CandidateReport.model_validate(
        {
            "name": "over",
            "arm": "over",
            "preprocessing_arm": "over:preprocessing",
            "verdict": "hurts",
            "sentence": "over hurts: -78.2 points against the baseline, with 95% confidence.",
            "difference": difference(-78.2, 2.8),
            "preprocessing": difference(3.5, 0.9),
            "augmentation": difference(-81.7, 3.1),
            "findings": [FINDING],
            "why": why(parameters, causes),
        }
    )


def _bare_candidate(name: str, verdict: str, mean: float, half: float, **changes: Any) -> CandidateReport:
    fields: dict[str, Any] = {
        "name": name,
        "arm": name,
        "preprocessing_arm": "baseline",
        "verdict": verdict,
        "sentence": f"{name} {verdict}: {mean:+.1f} points against the baseline.",
        "difference": difference(mean, half),
        "preprocessing": difference(0, half),
        "augmentation": difference(mean, half),
    }
    return CandidateReport.model_validate(fields | changes)


def _candidates() -> list[CandidateReport]:
    undecided = {
        "seeds": 23,
        "images": None,
        "sentence": "About 23 seeds would decide it, 18 more than there are.",
    }
    return [
        _over(0),
        _bare_candidate("appropriate", "inconclusive", -0.8, 1.9, needed=undecided),
        _bare_candidate("targeted", "helps", 2.2, 0.9, preprocessing_arm="targeted:preprocessing"),
        _bare_candidate("scaled", "equivalent", -0.04, 0.2, preprocessing_arm="scaled", augmentation=None),
    ]


RECOMMENDATION = {
    "recommended": {
        "starts_from": "targeted",
        "spec": {"samplewise_center": True, "samplewise_std_normalization": True, "rotation_range": 10.0},
        "changes": [
            {
                "parameter": "brightness_range",
                "before": [0.8, 1.2],
                "after": None,
                "reason": "samplewise normalisation cancels it",
            },
            {"parameter": "horizontal_flip", "before": True, "after": False, "reason": "it costs 6.1 points alone"},
        ],
        "is_no_augmentation": False,
        "sentence": "Keep the normalisation of targeted and turn by up to 10 degrees.",
    },
    "verdict": "helps",
    "against_baseline": difference(2.9, 0.8),
    "best_candidate": "targeted",
    "against_best": difference(0.7, 0.6),
    "seeds": [100, 101, 102],
    "sentence": "On 3 fresh seeds it gained 2.9 points over the baseline.",
}


def _body() -> dict[str, Any]:
    """What every sample shares."""
    return {
        "job_id": "job_1",
        "created_at": "2026-01-31T12:00:00.000Z",
        "complete": True,
        "candidates": [],
        "arms": [],
        "method": {
            "interval": "paired t over seeds with Nadeau and Bengio's variance",
            "confidence": 0.95,
            "practical_effect": 0.5,
            "candidates": 1,
            "training_images": 500,
            "validation_images": 360,
        },
        "cost": {"trials": 30, "trials_reused": 5, "trials_failed": 0, "training_seconds": 123.4},
        "provenance": {
            "dataset_digest": "ab" * 32,
            "dataset": FACTS,
            "engine": "augury (ImageDataGenerator's semantics)",
            "versions": {"augury": "0.1.0", "keras": "3.15.0"},
            "request": {"kind": "comparison", "dataset": {"kind": "builtin", "name": "digits"}},
        },
    }


def minimal() -> Report:
    """The least that there can be: one candidate, nothing measured, every optional field absent."""
    body = _body()
    nothing = {"difference": None, "preprocessing": None, "augmentation": None}
    body["candidates"] = [_bare_candidate("flip", "inconclusive", 0, 0, **nothing)]
    body["arms"] = [_without_results("baseline", "baseline"), _without_results("flip", "candidate")]
    return Report.model_validate(body)


def _without_results(name: str, role: str) -> dict[str, Any]:
    missing = ("mean_validation_accuracy", "mean_clean_training_accuracy", "mean_seconds")
    return {"name": name, "role": role, "spec": {}, "per_seed": [], "failed_trials": []} | dict.fromkeys(missing)


def training() -> Report:
    """A training: one arm and nothing to compare it with."""
    body = _body() | {"kind": "training"}
    body["arms"] = [arm("model", "candidate", 0.93)]
    return Report.model_validate(body)


def full() -> Report:
    """The standing example with everything that a report can have."""
    body = _body()
    body["candidates"] = _candidates()
    body["arms"] = [
        arm("baseline", "baseline", 0.939, {"rescale": 1 / 255}),
        arm("over", "candidate", 0.157, STANDING_EXAMPLE["over"]),
        arm("over:preprocessing", "preprocessing", 0.974),
        arm("appropriate", "candidate", 0.931, STANDING_EXAMPLE["appropriate"]),
        arm("targeted", "candidate", 0.961, STANDING_EXAMPLE["targeted"]),
        arm("targeted:preprocessing", "preprocessing", 0.963),
        arm("scaled", "candidate", 0.939),
        arm("recommended", "recommended", 0.968),
    ]
    body["summary"] = [
        cause("verdict", "over hurts: -78.2 points against the baseline, with 95% confidence.", "/candidates/0", 78.2),
        cause("verdict", "targeted helps: +2.2 points, all of it from its normalisation.", "/candidates/2", 2.2),
        cause("baseline", "The baseline reaches 93.9%, which leaves little to gain.", "/arms/0", 1.0),
    ]
    body["recommendation"] = RECOMMENDATION
    body["method"] |= {"looks": [{"seeds": 3, "confidence": 0.994, "settled": ["over"]}]}
    return Report.model_validate(body)


def troubled() -> Report:
    """A job that was stopped early, with trials that failed and one that diverged."""
    body = full().model_dump() | {"complete": False, "stopped": True}
    error = {"class": "out_of_memory", "message": "The trial needs more memory.", "retryable": False}
    lost = [{"trial_id": f"trial_{seed}", "seed": seed, "error": error} for seed in (0, 1)]
    body["arms"][1] |= {"per_seed": [_seed(2, 0.1, diverged=True)], "failed_trials": lost}
    body["cost"] |= {"trials_failed": 2}
    return Report.model_validate(body)


def hostile() -> Report:
    """The same with names that are meant to break a page."""
    body = full().model_dump()
    body["candidates"][0] |= {"name": HOSTILE, "arm": HOSTILE, "sentence": f"{HOSTILE} hurts."}
    body["arms"][1] |= {"name": HOSTILE}
    for effect in body["candidates"][0]["why"]["classes"][:3]:
        effect["class_name"] = HOSTILE
    body["candidates"][0]["why"]["flips"][0] |= {"source": HOSTILE, "target": "$\\frac{"}
    body["candidates"][0]["why"]["causes"][0] |= {"text": f"{HOSTILE} did it.", "evidence": 'javascript:alert("x")'}
    body["provenance"]["request"] = {"dataset": {"kind": "path", "path": HOSTILE}, "labels": {"a": HOSTILE}}
    return Report.model_validate(body)


def crowded(candidates: int = 20, classes: int = 200) -> Report:
    """More candidates and classes than fit on a page."""
    body = full().model_dump()
    over = body["candidates"][0]
    many = why(over["why"]["parameters"], over["why"]["causes"], classes=classes)
    names = [f"candidate-{at:02d}" for at in range(candidates)]
    body["candidates"] = [over | {"name": name, "arm": name, "why": many} for name in names]
    body["arms"] = [arm("baseline", "baseline", 0.939), *(arm(name, "candidate", 0.5) for name in names)]
    return Report.model_validate(body)
