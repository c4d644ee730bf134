"""``/``, and the parts of it that change while somebody looks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api_schemas.jobs import JobKind, JobState
from api_schemas.plain_text import PlainText
from api_schemas.reports.differences import Verdict
from service.auth.actor import Actor, Reader
from service.http.problem_types import INVALID_REQUEST
from service.resources import Resources, Shared
from service.web.answers.lines import lines_of
from service.web.answers.running import running
from service.web.phases import STATES
from service.web.rendering import page
from store.rows import events
from store.rows.answers import lists
from store.rows.answers.lists import AnswerFilter, Order
from store.rows.answers.names import MAX_DATASET_LENGTH, MAX_METRIC_LENGTH, MAX_MODEL_LENGTH
from store.rows.answers.unfinished import unfinished

router = APIRouter(include_in_schema=False)

PAGE_SIZE = 40
_MAX_CHOICES = 100
_OVER = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)
_ORDERS: dict[Order, str] = {
    "newest": "newest first",
    "oldest": "oldest first",
    "gain": "largest gain first",
    "loss": "largest loss first",
}
_KINDS: dict[JobKind, str] = {
    JobKind.COMPARISON: "comparisons",
    JobKind.TRAINING: "trainings",
    JobKind.AUGMENTATION: "augmentations",
}
Chosen = Literal["succeeded", "failed", "cancelled", ""]
# Forms send what nothing was chosen in as an empty text.
Cursor = Annotated[str | None, Query(max_length=80, pattern=r"^[A-Za-z0-9_]{1,40}(~[-+.e0-9]{1,30})?$")]


class Asked:
    """A dependency: what a list of answers is narrowed to, its order and its page, as the address says."""

    def __init__(
        self,
        state: Chosen = "",
        kind: JobKind | Literal[""] = "",
        dataset: Annotated[str, Query(max_length=MAX_DATASET_LENGTH)] = "",
        model: Annotated[str, Query(max_length=MAX_MODEL_LENGTH)] = "",
        metric: Annotated[str, Query(max_length=MAX_METRIC_LENGTH)] = "",
        verdict: Verdict | Literal[""] = "",
        label: Annotated[PlainText, Query(max_length=170, pattern=r"^([^:]+:.*)?$")] = "",
        sort: Order = "newest",
        cursor: Cursor = None,
    ) -> None:
        key, _, value = label.partition(":")
        self.narrowed = AnswerFilter(
            state=state or None,
            kind=kind or None,
            dataset=dataset or None,
            model=model or None,
            metric=metric or None,
            verdict=verdict or None,
            label=(key, value) if label else None,
        )
        self.order, self.cursor = sort, cursor

    @property
    def is_narrowed(self) -> bool:
        """Whether there may be jobs that the list leaves out."""
        return self.narrowed != AnswerFilter() or self.cursor is not None


def _listed(resources: Resources, caller: Actor, asked: Asked) -> dict[str, Any]:
    """What the list shows."""
    with resources.database.reading() as session:
        try:
            found = lists.page(
                session, caller.project, asked.narrowed, asked.order, limit=PAGE_SIZE, cursor=asked.cursor
            )
        except ValueError:
            message = "it is of a list in another order; take the next_cursor of this one"
            raise INVALID_REQUEST.error_at("query.cursor", message, "the list cannot go on there") from None
        is_any_unfinished = not found.rows and bool(unfinished(session, caller.project, 1)[1])
    return {
        "listed": lines_of(found.rows),
        "next_cursor": found.next_cursor,
        "is_narrowed": asked.is_narrowed,
        "is_any_unfinished": is_any_unfinished,
    }


def _going_on(resources: Resources, caller: Actor) -> dict[str, Any]:
    """What the part about jobs that are not over shows."""
    with resources.database.reading() as session:
        return {"running": running(session, caller.project, resources.database.now(session))}


@router.get("/")
def answers(resources: Shared, caller: Reader, request: Request, asked: Annotated[Asked, Depends()]) -> Response:
    """The whole page."""
    with resources.database.reading() as session:
        heard = events.newest_id(session, caller.project)  # before what is shown is read: nothing in between is lost
        choices = lists.choices(session, caller.project, _MAX_CHOICES)
    offered = {
        "kind": [("", "all")] + [(kind.value, words) for kind, words in _KINDS.items()],
        "state": [("", "all")] + [(state.value, STATES[state]) for state in _OVER],
        "dataset": _offered(choices["dataset"]),
        "model": _offered(choices["model"]),
        "metric": _offered(choices["metric"]),
        "verdict": _offered([verdict.value for verdict in Verdict]),
        "sort": list(_ORDERS.items()),
    }
    shown = _listed(resources, caller, asked) | _going_on(resources, caller)
    return page(request, "answers/answers.html.j2", title="Answers", place="answers", offered=offered,
                heard=heard, example=standing_example(), **shown)  # fmt: skip


@router.get("/parts/answers")
def answers_part(resources: Shared, caller: Reader, request: Request, asked: Annotated[Asked, Depends()]) -> Response:
    """The list anew, once a job is over."""
    shown = _listed(resources, caller, asked)
    return page(request, "answers/list.html.j2", example=standing_example(), **shown)


@router.get("/parts/running")
def running_part(resources: Shared, caller: Reader, request: Request) -> Response:
    """What goes on, anew."""
    return page(request, "answers/running.html.j2", **_going_on(resources, caller))


@cache
def standing_example() -> str:
    """A first request, which works as it stands: three specs on handwritten digits."""
    return Path(__file__).with_name("standing-example.json").read_text()


def _offered(names: list[str]) -> list[tuple[str, str]]:
    return [("", "all"), *((name, name) for name in names if name)]
