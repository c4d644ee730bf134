"""What the command line does itself where no service is named and none runs: findings and previews, on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError
from rich.console import Console

from api_schemas.base import RequestModel
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import LintRequest, LintResult
from api_schemas.previews import PreviewRequest
from api_schemas.service.problems import PROBLEM_TYPE_PREFIX, FieldProblem, Problem
from augury.errors import DatasetRefused, NotInstalled, RequestRefused
from augury.field_problems import field_problems, first_problems

if TYPE_CHECKING:
    from augury.datasets.local_reading import LocalDataset

Request = TypeVar("Request", bound=RequestModel)

_ONLY_IN_A_SERVICE = ("dataset", "upload")


def lint_here(bodies: Mapping[str, Mapping[str, Any]], console: Console) -> dict[str, LintResult]:
    """The answers to lint requests, by their names; each dataset is read once.

    Raises:
        RequestRefused: a request is not one.
        DatasetRefused: a dataset cannot be read.
    """
    with installed():
        from augury.linting.result import lint_result

    requests = {name: validated(LintRequest, body) for name, body in bodies.items()}
    facts: dict[str, Any] = {"null": None}
    for body in bodies.values():
        key = json.dumps(body.get("dataset"), sort_keys=True)
        if key not in facts:
            with _dataset(body["dataset"], console) as dataset:
                facts[key] = dataset.facts
    return {
        name: lint_result(
            request.spec,
            facts[json.dumps(bodies[name].get("dataset"), sort_keys=True)],
            request.semantics,
            is_dataset_named=request.dataset is not None,
        )
        for name, request in requests.items()
    }


def facts_here(reference: dict[str, Any], console: Console) -> DatasetFacts:
    """What is known of a dataset that is read on this machine.

    Raises:
        DatasetRefused: it cannot be read.
    """
    with _dataset(reference, console) as dataset:
        return dataset.facts


def preview_here(body: Mapping[str, Any], console: Console) -> bytes:
    """The contact sheet of a preview request, as a PNG.

    Raises:
        RequestRefused: it is not a request, or does not fit the dataset, or the sheet would be too large.
        DatasetRefused: the dataset cannot be read.
    """
    with installed():
        from augury.augmentation.preview.sheet import PreviewError, own_image_sheet, preview_sheet

    request = validated(PreviewRequest, body)
    try:
        if request.image is not None:
            return own_image_sheet(request, request.image).png()
        with _dataset(body["dataset"], console) as dataset:
            snapshot = dataset.snapshot
            sheet = preview_sheet(request, dataset.facts, snapshot.images, snapshot.labels, list(snapshot.class_names))
            return sheet.png()
    except PreviewError as error:
        raise _refusal(error.detail, [FieldProblem(location=error.field, message=error.message)]) from None


class _Watching:
    """Shows what a reader is doing on a terminal, and says nothing anywhere else."""

    def __init__(self, status: Any) -> None:
        self._status = status

    def report_progress(self, **progress: Any) -> None:
        """Hear of a step, how much of it is done and how much there is."""
        message = progress["progress"]
        count = f" {message['done']:,} of {message['total']:,}" if message["total"] else ""
        self._status.update(f"Reading the dataset: {message['step']}{count}")

    def raise_if_cancelled(self) -> None:
        """Nobody but Ctrl-C ends it."""


@contextmanager
def _dataset(reference: dict[str, Any], console: Console) -> Iterator[LocalDataset]:
    with installed():
        from augury.datasets.errors import DatasetError, InternalError
        from augury.datasets.local_reading import read_here

    if reference["kind"] in _ONLY_IN_A_SERVICE:
        raise DatasetRefused(
            "only a service knows datasets by their ids and uploads; name it by --url or AUGURY_URL, or start one "
            "with `augury up`"
        )
    try:
        with console.status("Reading the dataset") as status, read_here(reference, _Watching(status)) as dataset:
            yield dataset
    except DatasetError as error:
        raise DatasetRefused(f"the dataset cannot be used: {error} ({error.rule})") from None
    except (InternalError, MemoryError) as error:
        raise DatasetRefused(f"the dataset could not be read: {error}") from None


def validated(model: type[Request], body: Mapping[str, Any]) -> Request:
    """A request as its model.

    Raises:
        RequestRefused: it is none; the fields are named as a service names them.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        lines = [{**line, "loc": ("body", *line["loc"])} for line in error.errors(include_url=False)]
        raise _refusal(*first_problems(field_problems(lines, body))) from None


def _refusal(detail: str, errors: list[FieldProblem]) -> RequestRefused:
    """What a service would answer."""
    return RequestRefused(
        Problem(
            type=f"{PROBLEM_TYPE_PREFIX}invalid-request",
            title="Unprocessable Content",
            status=422,
            detail=detail,
            instance="",
            request_id=None,
            errors=errors,
        )
    )


@contextmanager
def installed(extra: str = "engine") -> Iterator[None]:
    """Say how to get what is missing where it is imported.

    Raises:
        NotInstalled: it is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        alone, otherwise = ("without a service ", ", or name a service by --url or AUGURY_URL")
        if extra != "engine":  # what no service does
            alone = otherwise = ""
        raise NotInstalled(
            f"{alone}this takes the library's {extra}, and {error.name} is not installed: "
            f"pip install 'augury[{extra}]'{otherwise}"
        ) from None
