"""The rule from an interval to a verdict, and the verdict in words."""

from __future__ import annotations

from api_schemas.reports.report import Difference, Verdict
from augury.evidence.wording import bounds


def verdict_of(low: float, high: float, practical_effect: float) -> Verdict:
    """What an interval for (candidate minus baseline) supports; all in percentage points.

    Asked in this order: inside ±practical_effect, wholly above zero, wholly below zero.
    """
    if -practical_effect <= low and high <= practical_effect:
        return Verdict.EQUIVALENT
    if low > 0:
        return Verdict.HELPS
    if high < 0:
        return Verdict.HURTS
    return Verdict.INCONCLUSIVE


def sentence_of(name: str, verdict: Verdict, difference: Difference | None, confidence: float, margin: float) -> str:
    """The verdict in words, with its numbers. *confidence* is that of all the report's verdicts together."""
    if difference is None:
        return f"{name}: no verdict, because fewer than two seeds gave a result for it and for the baseline."
    evidence = (
        f"{difference.mean:+.1f} points against the baseline "
        f"({100 * confidence:g}% interval {bounds(difference)}, "
        f"{len(difference.seeds)} seeds)"
    )
    return _SENTENCES[verdict].format(name=name, evidence=evidence, margin=f"{margin:g}")


_SENTENCES = {
    Verdict.HELPS: "{name} helps: {evidence}.",
    Verdict.HURTS: "{name} hurts: {evidence}.",
    Verdict.EQUIVALENT: "{name} makes no difference of {margin} points or more: {evidence}.",
    Verdict.INCONCLUSIVE: "{name} is undecided: {evidence}; more seeds or more images would narrow the interval.",
}
