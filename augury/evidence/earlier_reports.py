"""What a report says where earlier reports have shown some of the same trials."""

from __future__ import annotations

from api_schemas.reports.evidence import Cause
from augury.evidence.analysis import Analysis


def told_of_earlier(analysis: Analysis) -> list[Cause]:
    """A sentence for each candidate whose interval is wider because an earlier report was looked at before it."""
    results = analysis.results
    causes = []
    for candidate, schedule in zip(results.plan.candidates, analysis.schedules, strict=True):
        earlier = [(at, each) for at, each in enumerate(results.plan.earlier) if each.candidate == candidate.name]
        if not earlier or schedule.further == sum(each.further for _, each in earlier):
            continue  # nothing was looked at that those reports have not shown
        at, last = earlier[-1]
        known = "An earlier report" if len(earlier) == 1 else f"{len(earlier)} earlier reports"
        text = (
            f"{known} ({last.job_id}) had shown {candidate.name} on {len(last.seeds)} seeds, some of them the same: "
            "this is a further look at the same question, and its interval is wider for that."
        )
        causes.append(Cause(kind="sequential", text=text, strength=0, evidence=f"/method/earlier/{at}"))
    return causes
