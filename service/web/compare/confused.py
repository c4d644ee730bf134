"""The images behind a confusion that grew, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from api_schemas.datasets.dataset import DatasetState
from api_schemas.plans import BASELINE
from augury.evidence.metrics.table import ACCURACY
from augury.evidence.stored.confusions import ConfusedImage, newly_confused
from augury.field_problems import shown
from service.http.problem import ProblemError
from service.http.problem_types import INVALID_REQUEST, NOT_FOUND
from service.resources import Resources
from service.web.compare.chosen import Chosen
from service.web.compare.pairs import records_of
from service.web.datasets.details import thumbnail_size
from store.files.artifacts import ArtifactMissingError
from store.rows import datasets

IMAGES_ON_A_PAGE = 48


@dataclass(frozen=True)
class Confusion:
    """A candidate, the class that images are of, and the one that they are taken for."""

    candidate: str
    true: str
    predicted: str


@dataclass(frozen=True)
class Seen:
    """A page of confused images.

    Attributes:
        items: of this page.
        total: on all pages.
        page: 0 is the first one.
        pages: how many there are.
        seeds: on which both arms finished.
        has_images: whether the dataset's images are there to be shown.
        width: that an image is shown with, in pixels, and its *height*.
    """

    items: list[ConfusedImage]
    total: int
    page: int
    pages: int
    seeds: int
    has_images: bool
    width: int
    height: int


def images_of(resources: Resources, project: str, chosen: Chosen, asked: Confusion, page: int) -> Seen:
    """The images of one page.

    Raises:
        ProblemError: there is no such class, or what the models predicted is not stored any more.
    """
    facts = chosen.report.provenance.dataset
    names = list(facts.classes)
    true, predicted = (_label(names, field, getattr(asked, field)) for field in ("true", "predicted"))
    try:
        candidate, baseline = (records_of(resources, chosen, ACCURACY, arm) for arm in (chosen.candidate.arm, BASELINE))
    except ArtifactMissingError:
        detail = f"what the models of {shown(asked.candidate)} predicted is not stored any more"
        raise NOT_FOUND.error(detail) from None
    found = newly_confused(candidate, baseline, true, predicted)
    first = page * IMAGES_ON_A_PAGE
    with resources.database.reading() as session:
        row = datasets.get(session, project, chosen.dataset_id)
    width, height = thumbnail_size(facts)
    return Seen(
        found[first : first + IMAGES_ON_A_PAGE], len(found), page, -(-len(found) // IMAGES_ON_A_PAGE),
        len(candidate.seeds.keys() & baseline.seeds.keys()), row is not None and row.state == DatasetState.READY,
        width, height,
    )  # fmt: skip


def _label(names: list[str], field: str, name: str) -> int:
    if name not in names:
        raise _faulty(field, f"got {shown(name)}: the dataset has no such class")
    return names.index(name)


def _faulty(field: str, message: str) -> ProblemError:
    return INVALID_REQUEST.error_at(f"query.{field}", message, "one field is not as expected")
