"""The command: reads the images, says what it will do, has it done, and shows the verdicts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.candidates import preprocessed_as
from api_schemas.datasets.dataset import Dataset
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import AugmentationPlan, Plan
from augury.cli.checking.options import Checked, FailOnOption, JunitFile, MarkdownFile
from augury.cli.compare.data import read_dataset, source_of
from augury.cli.compare.findings import Linter, render_complaints, render_proposals
from augury.cli.compare.flags import with_flags
from augury.cli.compare.options import (
    AsJson,
    BaselineSpec,
    DataDir,
    DatasetText,
    Epochs,
    Local,
    Metric,
    ModelText,
    NamedCandidates,
    OutFolder,
    PlanOnly,
    Recommend,
    Seeds,
    Together,
)
from augury.cli.compare.request import Asked, candidates_of
from augury.cli.follow import Output, err, out, say
from augury.cli.offline import validated
from augury.cli.options import ImageSize, Url, check_output, image_size_of
from augury.cli.render.datasets import render_dataset
from augury.cli.render.tables import render_plan
from augury.cli.running.carrying_out import carried_out
from augury.cli.running.place import service_or_stack
from augury.client.address import DEFAULT_DATA_DIR
from augury.client.client import Client
from augury.errors import NothingToSend, RequestRefused
from augury.files import write_atomically
from augury.proposing.proposals import propose
from augury.reporting.check.check import FailOn
from augury.value_scale import Values, divided_by


@with_flags
def compare(
    dataset: DatasetText,
    candidate: NamedCandidates = None,
    together: Together = False,
    model: ModelText = None,
    metric: Metric = None,
    epochs: Epochs = None,
    seeds: Seeds = None,
    baseline: BaselineSpec = None,
    recommend: Recommend = None,
    image_size: ImageSize = None,
    plan: PlanOnly = False,
    as_json: AsJson = False,
    out_folder: OutFolder = None,
    url: Url = None,
    local: Local = False,
    data_dir: DataDir = None,
    fail_on: FailOnOption = FailOn.NONE,
    junit: JunitFile = None,
    markdown: MarkdownFile = None,
    **flags: Any,
) -> None:
    """Say which augmentations help or hurt a model on your images, by how much, and why.

    Each flag is a candidate of its own, compared with no augmentation on the same seeds; those that take a number may
    be given several times. Without any, some are proposed. A service that is there is used (--url, AUGURY_URL, or one
    on this machine); else one is started for this run, and what it has trained is kept for the next.

    \b
    augury compare digits --flip --rotation 15
    augury compare ~/flowers --image-size 64x64
    augury compare ~/flowers --flip --shift 0.1 --candidate mild='{"zoom_range": 0.2}' --metric balanced_accuracy
    """
    if local and url:
        raise typer.BadParameter("--local starts a service of its own; leave out --url")
    check_output("--out", None if out_folder is None else out_folder / "report.json")
    checked = Checked(fail_on, junit, markdown)
    checked.require_possible(as_json=as_json, no_verdicts="--plan ends before there are any" if plan else "")
    asked = Asked(model, metric, epochs, seeds, baseline, recommend is not False)
    candidates = candidates_of(flags, candidate or [], together=together)
    _require_valid(asked, candidates)
    source, size = source_of(dataset), image_size_of(image_size)
    with service_or_stack(url, data_dir, local=local) as place:
        read = read_dataset(place, source, size)
        body = _prepared(place.client, read, asked, candidates)
        body, planned = _planned(place.client, body, may_leave_out=recommend is None)
        if plan and as_json:
            typer.echo(planned.model_dump_json(indent=2, by_alias=True))
        else:
            (out() if plan else err()).print(render_plan(planned))
        if plan:
            return
        pages = (place.data_dir or DEFAULT_DATA_DIR) / "reports"
        code = carried_out(place, body, _output(as_json, out_folder, body, checked), pages=pages)
    raise typer.Exit(code)


def _require_valid(asked: Asked, candidates: Mapping[str, Mapping[str, Any]]) -> None:
    """Say what is wrong with an option before images are sent; what depends on these the service says.

    Raises:
        RequestRefused: in a service's words.
    """
    some = candidates or {"any": {"horizontal_flip": True}}
    validated(ComparisonRequest, asked.request({"kind": "builtin", "name": "digits"}, some))


def _output(as_json: bool, folder: Path | None, body: Mapping[str, Any], checked: Checked) -> Output:
    """Where the report goes; the request is put beside it at once, to be sent again or changed."""
    if folder is None:
        return Output(as_json, checked=checked)
    write_atomically(folder / "request.json", json.dumps(body, indent=2) + "\n")
    return Output(as_json, folder / "report.json", folder / "report.html", folder / "report.md", checked)


def _planned(
    client: Client, body: dict[str, Any], *, may_leave_out: bool
) -> tuple[dict[str, Any], Plan | AugmentationPlan]:
    """The plan, and the request that it is of: without a recommendation where only that cannot be had of these images.

    Raises:
        RequestRefused: the request cannot be carried out as it is.
    """
    try:
        return body, client.plan(body)
    except RequestRefused as refused:
        if not may_leave_out:
            raise
        plain = {name: value for name, value in body.items() if name != "recommend"}
        planned = client.plan(plain)
        reasons = "; ".join(each.message for each in refused.problem.errors) or refused.problem.detail
        say(f"No recommendation will be made: {reasons}")
        return plain, planned


def _prepared(client: Client, read: Dataset, asked: Asked, named: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The request, with everything said that a person should know before it is carried out."""
    assert read.facts is not None  # which a dataset that is ready has
    console = err()
    console.print(render_dataset(read))
    body = asked.request({"kind": "dataset", "id": read.id}, named)
    given = body.get("baseline")
    baseline = (
        divided_by(Values.of(read.facts).full_scale)
        if given is None
        else ImageDataGeneratorSpec.model_validate(given["spec"])
    )
    linter = Linter(client, read.id)
    if not named:
        proposals = propose(read.facts, baseline, linter.findings)
        if not proposals.candidates:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in proposals.left_out)
            raise NothingToSend(f"nothing usual can be proposed ({reasons}); name a candidate, e.g. --shear 10")
        console.print(render_proposals(proposals))
        body = asked.request(body["dataset"], {each.name: each.spec for each in proposals.candidates})
    results = {}
    for each in body["candidates"]:
        spec = preprocessed_as(ImageDataGeneratorSpec.model_validate(each["spec"]), baseline)
        each["spec"] = spec.model_dump(mode="json", exclude_defaults=True)
        results[each["name"]] = linter.result(spec)
    console.print(render_complaints(results))
    return body
