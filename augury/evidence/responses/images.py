"""How the difference depends on the number of training images, and what an augmentation is worth in images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import BASELINE, CandidatePlan
from api_schemas.reports.differences import Verdict
from api_schemas.reports.responses import CandidateShares, DataPoint, DataResponse, ImagesNeeded
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.judgement import difference_between
from augury.evidence.responses.learning_curve import images_needed
from augury.evidence.responses.levels import Level, accuracy_of, confidence_of_each, shared_by, told, verdict_at
from augury.planning.responses import WHOLE, arm_at_share, shares_of
from augury.wording import joined

_METHOD = (
    "Every share is part of the next larger one, judged on the same images{trained}. {shared} Between sizes that were "
    "measured, accuracy is taken to follow the logarithm of the number of images; beyond them nothing is said. The "
    "intervals of numbers of images have an error of the same size, and of their own."
)


def data_response(results: ComparisonResults) -> DataResponse | None:
    """Every candidate on every share that was trained on; None where that was not asked for, or not come to.

    Args:
        results: of all rounds so far.
    """
    request = results.request
    if not isinstance(request, ComparisonRequest) or results.plan.due:
        return None
    shares = {share: _images(results, share) for share in shares_of(request)}
    measured = {share: images for share, images in shares.items() if images is not None}
    if not measured:
        return None
    confidence = confidence_of_each(results, len(shares))
    return DataResponse(
        confidence=confidence,
        method=_METHOD.format(trained=_trained(results), shared=shared_by(results, "shares")),
        candidates=[_over_shares(results, each, measured, confidence) for each in results.plan.candidates],
    )


def _trained(results: ComparisonResults) -> str:
    """For how long, where shares have epochs of their own."""
    own = {
        f"{arm.epochs} epochs on {100 * arm.training_share:.10g}%": None
        for arm in results.plan.arms
        if arm.training_share is not None and arm.epochs is not None
    }
    return f", and trained for as long as a dataset of its size is ({joined(list(own))})" if own else ""


def _images(results: ComparisonResults, share: float) -> float | None:
    """How many images the baseline was trained on, the mean over its seeds; None where no trial finished."""
    arm, seeds = arm_at_share(results.plan, BASELINE, share), set(results.plan.seeds)
    of_arm = [trial.result for trial in results.trials if trial.arm == arm and trial.seed in seeds]
    counts = [result.training_images for result in of_arm if result is not None]
    return fmean(counts) if counts else None


def _over_shares(
    results: ComparisonResults, candidate: CandidatePlan, images: dict[float, float], confidence: float
) -> CandidateShares:
    points = [_point(results, candidate, share, images, confidence) for share in images]
    as_well = None
    if WHOLE in images:
        arms = {share: arm_at_share(results.plan, candidate.arm, share) for share in images}
        as_well = _needed(results, arms, BASELINE, images, confidence)
    levels = [Level(str(each.images), each.verdict, each.difference) for each in points]
    worth = [*_end_of_gain(points), *_worth(points), *_saved(points, as_well)]
    sentences = [told(candidate.name, levels, "images", results.metric.choice.unit), *worth]
    return CandidateShares(name=candidate.name, points=points, does_as_well_on=as_well, sentence=" ".join(sentences))


def _point(
    results: ComparisonResults, candidate: CandidatePlan, share: float, images: dict[float, float], confidence: float
) -> DataPoint:
    plan = results.plan
    arm, reference = (arm_at_share(plan, name, share) for name in (candidate.arm, BASELINE))
    mine, theirs = (results.records[name].on_seeds(plan.seeds) for name in (arm, reference))
    difference = difference_between(results, arm, reference, plan.seeds, confidence)
    baselines = {each: arm_at_share(plan, BASELINE, each) for each in images}
    return DataPoint(
        share=share,
        images=round(images[share]),
        verdict=verdict_at(results, difference),
        difference=difference,
        baseline_accuracy=accuracy_of(theirs),
        candidate_accuracy=accuracy_of(mine),
        equals_baseline_on=_needed(results, baselines, arm, images, confidence),
    )


def _needed(
    results: ComparisonResults, curve: dict[float, str], level: str, images: dict[float, float], confidence: float
) -> ImagesNeeded | None:
    """On how many images the arms of a learning curve, by share, do as well as one other arm does."""
    found = {
        share: difference_between(results, arm, level, results.plan.seeds, confidence) for share, arm in curve.items()
    }
    known = {share: difference for share, difference in found.items() if difference is not None}
    return images_needed([images[share] for share in known], list(known.values()))


def _end_of_gain(points: Sequence[DataPoint]) -> list[str]:
    """Where more images take the place of the augmentation, where that is shown."""
    for one, other in pairwise([point for point in points if point.verdict not in (None, Verdict.INCONCLUSIVE)]):
        if one.verdict is Verdict.HELPS and other.verdict is not Verdict.HELPS:
            return [f"Its gain ends somewhere between {one.images} and {other.images} images."]
    return []


def _worth(points: Sequence[DataPoint]) -> list[str]:
    """What it is worth in images at the largest share, and at the largest where that has two bounds."""
    told_of = [point for point in points if point.share != WHOLE and _says_something(point)]
    if not told_of:
        return []
    orders = (
        lambda each: (_is_bounded(each), _is_worth_something(each), each.share),
        lambda each: (_is_worth_something(each), each.share),
    )
    chosen = {each.share: each for each in (max(told_of, key=order) for order in orders)}
    return [_worth_at(chosen[share], points[-1].images) for share in sorted(chosen)]


def _worth_at(point: DataPoint, most: int) -> str:
    needed = point.equals_baseline_on
    assert needed is not None
    said = f"With {point.images} images it does as well as the baseline with {amount(needed, most)}"
    if needed.low is not None and needed.low > point.images:
        return f"{said}: it is worth {_more(needed, point.images)}."
    if needed.high is not None and needed.high < point.images:
        return f"{said}: it costs at least {_round(point.images - needed.high)} images."
    return f"{said}."


def _more(needed: ImagesNeeded, images: int) -> str:
    """How many more images that is than so many, with its interval; it is shown to be more."""
    assert needed.low is not None
    least = _round(needed.low - images)
    if needed.images is None:
        return f"more than {least} more images"
    most = "or more" if needed.high is None else f"to {_round(needed.high - images)}"
    return f"about {_round(needed.images - images)} more images ({least} {most})"


def _is_worth_something(point: DataPoint) -> bool:
    needed = point.equals_baseline_on
    return needed is not None and needed.low is not None and needed.low > point.images


def _says_something(point: DataPoint) -> bool:
    needed = point.equals_baseline_on
    return needed is not None and any(each is not None for each in (needed.images, needed.low, needed.high))


def _is_bounded(point: DataPoint) -> bool:
    needed = point.equals_baseline_on
    return needed is not None and None not in (needed.images, needed.low, needed.high)


def _saved(points: Sequence[DataPoint], needed: ImagesNeeded | None) -> list[str]:
    """With how few images it does what the baseline does with all; nothing where that is not shown."""
    most = points[-1].images
    if needed is None or needed.high is None or needed.high >= most:
        return []
    about = f"about {_round(needed.images)} images" if needed.images is not None else "few images"
    return [f"With {about}, and {_round(needed.high)} at most, it does as well as the baseline does with all {most}."]


def amount(needed: ImagesNeeded, most: int) -> str:
    """A number of images with its interval, in words; *most* is the largest number that was measured."""
    if needed.images is None:
        if needed.low is not None and needed.high is None:
            return f"more than {_round(needed.low)}"
        if needed.high is not None and needed.low is None:
            return f"fewer than {_round(needed.high)}"
        return "a number that was not measured"
    low = "fewer than was measured" if needed.low is None else _round(needed.low)
    high = f"more than the {most} that were measured" if needed.high is None else _round(needed.high)
    return f"about {_round(needed.images)} ({low} to {high})"


def _round(images: float) -> str:
    return f"{round(images):,}"
