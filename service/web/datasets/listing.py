"""The list of datasets: a line for each, and what it can be narrowed to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import Dataset, DatasetState
from service.web.datasets import words
from store.rows import datasets
from store.rows.views import dataset_use

LINES = 50
STATES = tuple(state.value for state in DatasetState if state is not DatasetState.DELETED)
KINDS = {
    "builtin": "built in",
    "upload": "uploaded",
    "path": "a folder of the service",
    "url": "an address",
    "s3": "S3",
    "gs": "Google Storage",
    "huggingface": "Hugging Face",
}
"""Of references, as people call them."""


@dataclass(frozen=True)
class Line:
    """One dataset in the list.

    Attributes:
        dataset: as the interface has it.
        name: what it is called.
        kind: where it comes from, in words.
        classes: the first few.
        size: of its images, in words; empty where that is not known yet.
        step: what its ingestion is at.
        share: how far that is, 0 to 1, where it is known.
        jobs: how many train on it.
    """

    dataset: Dataset
    name: str
    kind: str
    classes: str
    size: str
    step: str
    share: float | None
    jobs: int


@dataclass(frozen=True)
class Listing:
    """A page of the list; *is_moving* while some of it is being read."""

    lines: list[Line]
    next_cursor: str | None

    @property
    def is_moving(self) -> bool:
        """Whether any of it changes by itself."""
        return any(not each.dataset.is_terminal for each in self.lines)


def listing(session: Session, project: str, *, state: str | None, kind: str | None, cursor: str | None) -> Listing:
    """A project's datasets, newest first, as far as they are of that state and kind, from after *cursor*."""
    page = datasets.page(session, project, limit=LINES, cursor=cursor, state=state, kind=kind)
    jobs = dataset_use.jobs_by_dataset(session, project, [each.id for each in page.items])
    return Listing([line_of(each, jobs.get(each.id, 0)) for each in page.items], page.next_cursor)


def line_of(dataset: Dataset, jobs: int) -> Line:
    """One dataset in the list, used by so many jobs."""
    return Line(
        dataset=dataset,
        name=words.name_of(dataset.reference),
        kind=KINDS.get(str(dataset.reference.get("kind")), ""),
        classes=words.classes_of(dataset.facts),
        size="" if dataset.facts is None else words.size_of(dataset.facts),
        step=words.step_of(dataset),
        share=words.share_of(dataset),
        jobs=jobs,
    )
