"""The single figures of a candidate, named, as a page and Markdown list them."""

from __future__ import annotations

from api_schemas.reports.evidence import Why
from api_schemas.reports.report import CandidateReport
from augury.reporting import formatting
from augury.reporting.contents import has_augmentation, preprocesses_as_baseline


def measures(candidate: CandidateReport) -> list[tuple[str, str]]:
    """The candidate's single figures, named; what was not measured is left out."""
    shown = [("Difference to the baseline", formatting.difference_in_full(candidate.difference))]
    if has_augmentation(candidate) and not preprocesses_as_baseline(candidate):
        shown += [
            ("of which preprocessing", formatting.difference_in_full(candidate.preprocessing)),
            ("of which augmentation", formatting.difference_in_full(candidate.augmentation)),
        ]
    return [*shown, *_seed_by_seed(candidate), *(_measures_of(candidate.why) if candidate.why else [])]


def _seed_by_seed(candidate: CandidateReport) -> list[tuple[str, str]]:
    seeds = candidate.why.single_seeds if candidate.why else None
    if seeds is None:
        return []
    interval = f"[{formatting.percent(seeds.ahead_low)}, {formatting.percent(seeds.ahead_high)}]"
    collapsed = (
        f"{len(seeds.collapsed)} of {seeds.seeds}; up to {formatting.percent(seeds.collapse_share_high)} possible"
    )
    return [
        ("Ahead of the baseline, share of seeds", f"{formatting.percent(seeds.ahead)}, 95% interval {interval}"),
        ("Worst seed", f"{seeds.worst_seed}: {formatting.points(seeds.worst_difference)} points"),
        ("Collapsed runs", collapsed),
    ]


def _measures_of(why: Why) -> list[tuple[str, str]]:
    shown = []
    if why.affinity is not None:
        shown.append(("Affinity", formatting.percent(why.affinity)))
    if why.diversity is not None:
        times = formatting.ratio(why.diversity)
        shown.append(("Diversity", f"{times} times the baseline's final training loss"))
    if why.invented_share is not None:
        shown.append(("Pixels invented", formatting.percent(why.invented_share)))
    if why.kept_share is not None:
        shown.append(("Source pixels kept", formatting.percent(why.kept_share)))
    if why.generalisation_gap is not None:
        gap = f"{formatting.points(why.generalisation_gap)} points"
        if why.baseline_generalisation_gap is not None:
            gap += f" (baseline {formatting.points(why.baseline_generalisation_gap)})"
        shown.append(("Generalisation gap", gap))
    if why.still_improving:
        shown.append(("Learning", "still improving when its epochs ended"))
    return shown
