"""The verdict in words, with its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.reports.evidence import ClassEffect
from api_schemas.reports.report import Difference, Verdict
from augury.evidence.statistics.claims import direction_of
from augury.evidence.wording import bounds, percent, quoted
from augury.wording import joined

_SAME = 1e-9
_MAX_LOSSES = 3


def sentence_of(
    name: str,
    verdict: Verdict,
    difference: Difference | None,
    confidence: float,
    margin: float,
    losses: Sequence[ClassEffect] = (),
    unit: str = "points",
    *,
    is_cut_short: bool = False,
    is_baseline_cut_short: bool = False,
) -> str:
    """The verdict in words, with its numbers, beginning with the classes that lose by it.

    A verdict about trainings that were not over says so itself, whatever it is: it is one about that many epochs.

    Args:
        name: the candidate's.
        verdict: what its interval supports.
        difference: candidate minus baseline, points; None where it could not be measured.
        confidence: of all the report's verdicts together, in (0, 1).
        margin: the smallest difference that matters, points.
        losses: classes that lose significantly, most first: a mean can hide them.
        unit: what a difference is in: of accuracy, points.
        is_cut_short: most of its trials were still improving when their epochs ended.
        is_baseline_cut_short: most of the baseline's were.
    """
    if difference is None:
        return f"{name}: no verdict, because fewer than two seeds gave a result for it and for the baseline."
    is_simultaneous = difference.confidence > confidence + _SAME
    evidence = (
        f"{difference.mean:+.1f} {unit} against the baseline "
        f"({100 * confidence:g}% {'simultaneous ' if is_simultaneous else ''}interval {bounds(difference)}, "
        f"{len(difference.seeds)} seeds)"
    )
    said = _SENTENCES[verdict].format(
        evidence=evidence,
        margin=f"{margin:g} {unit}",
        size=_size(verdict, difference, f"{margin:g} {unit}", margin),
        unfinished=_UNFINISHED[is_cut_short, is_baseline_cut_short],
    )
    return f"{name} {_lost(losses)}{', ' + _LINKS[verdict] if losses else ''}{said}"


def _lost(losses: Sequence[ClassEffect]) -> str:
    if not losses:
        return ""
    told = [
        f"{quoted(each.class_name)} (recognised: {percent(each.baseline_accuracy)} to "
        f"{percent(each.candidate_accuracy)})"
        for each in losses[:_MAX_LOSSES]
        if each.baseline_accuracy is not None and each.candidate_accuracy is not None
    ]
    more = [f"{len(losses) - _MAX_LOSSES} more classes"] if len(losses) > _MAX_LOSSES else []
    return f"loses on {joined([*told, *more])}"


def _size(verdict: Verdict, difference: Difference, written: str, margin: float) -> str:
    """What there is to say of an effect that is shown, and may be too small to matter."""
    if verdict is Verdict.EQUIVALENT and direction_of(difference):
        return f"; the interval lies {'above' if difference.low > 0 else 'below'} zero, and within what counts as none"
    if verdict not in (Verdict.HELPS, Verdict.HURTS):
        return ""
    if max(abs(difference.low), abs(difference.high)) < margin:
        return f"; but by less than the {written} that count"
    if abs(difference.mean) < margin:
        return f"; it may be less than the {written} that count"
    return ""


_SENTENCES = {
    Verdict.HELPS: "helps: {evidence}{size}{unfinished}.",
    Verdict.HURTS: "hurts: {evidence}{size}{unfinished}.",
    Verdict.EQUIVALENT: "makes no difference of {margin} or more: {evidence}{size}{unfinished}.",
    Verdict.INCONCLUSIVE: "is undecided: {evidence}; more seeds or more images would narrow the interval{unfinished}.",
}
_ENDED = "were still improving when their epochs ended: with more epochs this may change"
_UNFINISHED = {
    (False, False): "",
    (True, False): f"; but most of its trials {_ENDED}",
    (False, True): f"; but most of the baseline's trials {_ENDED}",
    (True, True): f"; but most of its trials, and of the baseline's, {_ENDED}",
}
"""By whether the candidate's trials, and whether the baseline's, were not over."""
_LINKS = {
    Verdict.HELPS: "and all the same, over all classes, ",
    Verdict.HURTS: "and over all classes ",
    Verdict.EQUIVALENT: "and all the same, over all classes, ",
    Verdict.INCONCLUSIVE: "and over all classes ",
}
