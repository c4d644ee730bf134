"""Previews of stored datasets, and of an image that a request has."""

from __future__ import annotations

from dataclasses import dataclass

from api_schemas.previews import Preview, PreviewRequest
from augury.augmentation.preview.sheet import PreviewSheet, own_image_sheet, preview_sheet
from service.datasets import registration
from service.datasets.stored_images import preview_errors, stored_images
from service.resources import Resources


@dataclass(frozen=True)
class Prepared:
    """What was chosen and drawn of a dataset."""

    dataset_id: str | None
    sheet: PreviewSheet

    def as_png(self) -> bytes:
        """The contact sheet.

        Raises:
            ProblemError: it would be too large.
        """
        with preview_errors("body"):
            return self.sheet.png()

    def as_json(self) -> Preview:
        """What the sheet shows, in words."""
        return self.sheet.in_words(self.dataset_id)


def prepare(resources: Resources, project: str, request: PreviewRequest) -> Prepared:
    """Choose images of a project's dataset, or take the request's own, and draw for them.

    Raises:
        ProblemError: the dataset is not ready (and is made ready, where that was not asked for before), or the spec
            does not fit it.
    """
    if request.dataset is None:
        assert request.image is not None
        with preview_errors("body"):
            return Prepared(None, own_image_sheet(request, request.image))
    dataset = registration.require_ready(resources, registration.resolve(resources, project, request.dataset))
    facts, snapshot = stored_images(resources, dataset, "body.dataset")
    with preview_errors("body"):
        sheet = preview_sheet(request, facts, snapshot.images, snapshot.labels, snapshot.class_names)
    return Prepared(dataset.id, sheet)
