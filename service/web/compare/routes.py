"""``/compare``: candidates of several jobs; ``/jobs/{id}/confusions``: the images behind what one of them confuses."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api_schemas.plain_text import PlainText
from augury.reporting import formatting
from augury.reporting.plots.forest import Judged, forest_of
from augury.reporting.plots.picture import Picture
from service.auth.actor import Reader
from service.resources import Resources, Shared
from service.web.compare import chosen as chosen_candidates
from service.web.compare import confused, fitting, pairs, tables
from service.web.compare.choosing import offered
from service.web.compare.chosen import MAX_CANDIDATES, Chosen
from service.web.rendering import page

router = APIRouter(include_in_schema=False)

_MAX_KEYS = 32
_MAX_KEY_LENGTH = 400
Key = Annotated[PlainText, Query(max_length=_MAX_KEY_LENGTH)]
Keys = Annotated[list[PlainText], Query(max_length=_MAX_KEYS, default_factory=list)]
Name = Annotated[PlainText, Query(min_length=1, max_length=1000)]


@router.get("/compare")
async def compare(request: Request, resources: Shared, caller: Reader, candidate: Keys) -> Response:
    """Candidates beside each other, and what can be chosen."""
    return await resources.capacity.previews.run(_compared, request, resources, caller.project, candidate)


def _compared(request: Request, resources: Resources, project: str, keys: list[str]) -> Response:
    found = chosen_candidates.read_all(resources, project, keys)
    fitting_ones, refused = fitting.sorted_out(found)
    with resources.database.reading() as session:
        choices = offered(session, project)
    return page(
        request, "compare/compare.html.j2", title="Compare", place="compare", choices=choices, refused=refused,
        chosen=fitting_ones, left_out=max(0, len(dict.fromkeys(keys)) - MAX_CANDIDATES), max_candidates=MAX_CANDIDATES,
        **_seen(resources, fitting_ones),
    )  # fmt: skip


def _seen(resources: Resources, chosen: list[Chosen]) -> dict[str, Any]:
    """What is to be seen of candidates that fit each other."""
    if not chosen:
        return {"picture": None}
    return {
        "picture": _forest(chosen),
        "unit": formatting.unit(chosen[0].report),
        "pairs": pairs.tested(resources, chosen),
        "metrics": tables.metrics(chosen),
        "specs": tables.specs(chosen),
        "classes": tables.classes(chosen),
        "conditions": tables.conditions(chosen),
        "flips": [(each, tables.flips(each)) for each in chosen],
    }


def _forest(chosen: list[Chosen]) -> Picture | None:
    margins = {each.report.method.practical_effect for each in chosen}
    judged = [
        Judged(each.label, each.candidate.difference, each.candidate.verdict, is_fresh=False)
        for each in chosen
        if each.candidate.difference is not None
    ]
    if not judged:
        return None
    return forest_of(judged, margins.pop() if len(margins) == 1 else 0.0, formatting.unit(chosen[0].report))


@router.get("/jobs/{job_id}/confusions")
async def show_confusions(
    request: Request,
    resources: Shared,
    caller: Reader,
    job_id: str,
    candidate: Name,
    true: Name,
    predicted: Name,
    number: Annotated[int, Query(alias="page", ge=0, le=10_000_000)] = 0,
) -> Response:
    """Validation images of one class that the baseline knew and the candidate took for another."""
    return await resources.capacity.previews.run(
        _confusions, request, resources, caller.project, job_id, confused.Confusion(candidate, true, predicted), number
    )


def _confusions(
    request: Request, resources: Resources, project: str, job_id: str, asked: confused.Confusion, number: int
) -> Response:
    chosen = chosen_candidates.read_one(resources, project, job_id, asked.candidate)
    found = confused.images_of(resources, project, chosen, asked, number)
    title = f"“{formatting.plain(asked.true)}” taken for “{formatting.plain(asked.predicted)}”"
    return page(
        request, "compare/confusions.html.j2", title=title, place="answers", chosen=chosen, asked=asked, seen=found
    )  # fmt: skip
