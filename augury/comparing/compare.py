"""``augury.compare``: from images and candidates to a report, in one call."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import timestamp
from api_schemas.candidates import Candidate, preprocessed_as
from api_schemas.jobs import ComparisonRequest
from api_schemas.training.backends import DEFAULT_BACKEND
from augury.augmentation.threads import usable_cores
from augury.comparing.crew import Crew, crew
from augury.comparing.data import reference
from augury.comparing.errors import ComparisonFailedError
from augury.comparing.kept import Kept
from augury.comparing.models import compiled_training, model_spec
from augury.comparing.outcome import Outcome
from augury.comparing.rounds import Rounds, Said
from augury.comparing.shown import Reading, telling
from augury.datasets.errors import DatasetError
from augury.datasets.local_reading import LocalDataset, read_here
from augury.errors import DatasetRefused
from augury.evidence.comparison_report import comparison_report
from augury.field_problems import field_problems, first_problems
from augury.linting import lint
from augury.memory import available_bytes
from augury.planning.comparison import default_baseline
from augury.planning.metric_problems import metric_problem
from augury.planning.responses import data_problem
from augury.planning.split_problems import split_problem, test_problem
from augury.planning.splits import held_out_share
from augury.planning.training_problems import training_problem
from augury.proposing.proposals import Proposals, propose

_BYTES_PER_PROCESS = 1_500_000_000


def compare(
    x: Any,
    y: Any = None,
    candidates: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    model: Any = None,
    baseline: Mapping[str, Any] | None = None,
    metric: str | None = None,
    epochs: int | str | None = None,
    seeds: int | Mapping[str, int] | None = None,
    image_size: tuple[int, int] | None = None,
    recommend: bool = False,
    options: Mapping[str, Any] | None = None,
    cache: str | Path | None = None,
    processes: int | None = None,
    progress: bool = True,
) -> Outcome:
    """Does an augmentation help or hurt a model on these images, by how much, and why? Without a service.

    The same trials give the same numbers as in a service. They are trained in processes of their own, so that nothing
    of Keras is set up, or used up, in this one.

    Args:
        x: images ``[N, H, W]`` or ``[N, H, W, C]`` in their own range of values; a folder or file as a service reads
            them (class folders, archives, Parquet, …); ``"digits"``; or a finite ``tf.data.Dataset`` or ``PyDataset``.
        y: labels ``[N]``, or one-hot; None where *x* has them.
        candidates: specs by name, with the parameters of ``ImageDataGenerator``. One that says nothing of preprocessing
            (rescale, centring, normalisation) gets the baseline's. None: what is usual for such images and the linter
            has nothing against, see ``Outcome.proposals``.
        model: a name (``"small_cnn"``), a ``model`` object of a request, or a Keras model, whose architecture is
            trained from fresh weights for every seed.
        baseline: a spec; default: the rescale that brings the values to 0-1.
        metric: that decides; default: accuracy.
        epochs: a number, or ``"auto"``.
        seeds: a number, or ``{"min": 5, "max": 10}``.
        image_size: height and width that images are brought to.
        recommend: make a better spec from the evidence, and try it on fresh seeds.
        options: any other field of a comparison's request, e.g. ``{"training": {"batch_size": 64}}``.
        cache: a folder in which trials are kept, so that the next comparison trains only what is new; default: none.
        processes: that train at a time; default: one a processor, as memory allows.
        progress: show on the terminal, or in the notebook, how far it is.

    Raises:
        NothingToSend: *x* and *y* are no images with labels.
        DatasetRefused: they cannot be read.
        ComparisonFailedError: the request is not one, or does not fit the data.
    """
    said = {"metric": metric, "epochs": epochs, "seeds": seeds, "baseline": baseline, "recommend": recommend}
    with tempfile.TemporaryDirectory(prefix="augury-comparing-") as temporary, telling(progress) as tell:
        workspace = Path(temporary)
        (workspace / "data").mkdir()
        reading = {} if image_size is None else {"image_size": list(image_size)}
        named = reference(x, y, workspace / "data") | reading
        request = _request(named, _ANY if candidates is None else candidates, model, said, options or {})
        kept = Kept(workspace / "trials" if cache is None else Path(cache).expanduser())
        with _read(named, tell) as dataset, crew(_processes(processes)) as hands:
            return _outcome(request, dataset, kept, hands, workspace, tell, is_proposing=candidates is None)


def _outcome(
    request: ComparisonRequest,
    dataset: LocalDataset,
    kept: Kept,
    hands: Crew,
    workspace: Path,
    tell: Said,
    *,
    is_proposing: bool,
) -> Outcome:
    baseline = request.baseline.spec if request.baseline else default_baseline(dataset.facts)
    proposals = None
    if is_proposing:
        proposals = propose(dataset.facts, baseline, lambda spec: lint(spec, dataset.facts))
        request = _with_proposed(request, proposals)
    request = _preprocessed(request, baseline)
    _require_fitting(request, dataset)
    sheets = workspace / "sheets"
    sheets.mkdir()
    rounds = Rounds(request, dataset, kept, hands, sheets, tell)
    analysis = rounds.carried_out()
    report = comparison_report(analysis, timestamp(time.time()), rounds.scores(analysis))
    return Outcome(report, _sheets(sheets, [each.name for each in report.candidates]), proposals)


_ANY: Mapping[str, Mapping[str, Any]] = {"any": {"horizontal_flip": True}}
"""In the place of candidates that are proposed once the dataset is known, so that all else is checked before."""


def _with_proposed(request: ComparisonRequest, proposals: Proposals) -> ComparisonRequest:
    if not proposals.candidates:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in proposals.left_out)
        raise ComparisonFailedError(f"nothing usual can be proposed for these images ({reasons}); give candidates")
    proposed = [Candidate.model_validate({"name": each.name, "spec": each.spec}) for each in proposals.candidates]
    return request.model_copy(update={"candidates": proposed})


def _request(
    named: Mapping[str, Any],
    candidates: Mapping[str, Mapping[str, Any]],
    model: Any,
    said: Mapping[str, Any],
    options: Mapping[str, Any],
) -> ComparisonRequest:
    epochs = {} if said["epochs"] is None else {"epochs": said["epochs"]}
    body: dict[str, Any] = {
        **options,
        "kind": "comparison",
        "dataset": named,
        "candidates": [{"name": name, "spec": dict(spec)} for name, spec in candidates.items()],
        "training": {**compiled_training(model), **options.get("training", {}), **epochs},
        "evaluation": {
            **options.get("evaluation", {}),
            **{name: said[name] for name in ("metric", "seeds") if said[name] is not None},
        },
        "recommend": said["recommend"],
    }
    spec = model_spec(model)
    if spec is not None:
        body["model"] = spec
    if said["baseline"] is not None:
        body["baseline"] = {"spec": dict(said["baseline"])}
    try:
        request = ComparisonRequest.model_validate(body)
    except ValidationError as error:
        said_of_all, fields = first_problems(field_problems(error.errors(include_url=False), body))
        lines = [f"{each.location}: {each.message}" for each in fields]
        raise ComparisonFailedError("; ".join([said_of_all, *lines])) from None
    missing = [name for name, is_asked_for in _ONLY_IN_A_SERVICE.items() if is_asked_for(request)]
    if missing:
        raise ComparisonFailedError(f"{', '.join(missing)}: only a service does this; start one with `augury up`")
    return request


_ONLY_IN_A_SERVICE: dict[str, Callable[[ComparisonRequest], bool]] = {
    "evaluation.conditions": lambda request: bool(request.evaluation.conditions),
    "evaluation.test": lambda request: request.evaluation.test_dataset is not None,
    "model.id": lambda request: request.model.is_registered,
    "device": lambda request: request.device != "cpu",
    "training.backend": lambda request: request.training.backend != DEFAULT_BACKEND,
}


def _preprocessed(request: ComparisonRequest, baseline: ImageDataGeneratorSpec) -> ComparisonRequest:
    """The request in which a candidate that says nothing of preprocessing has the baseline's."""
    candidates = [each.model_copy(update={"spec": preprocessed_as(each.spec, baseline)}) for each in request.candidates]
    return request.model_copy(update={"candidates": candidates})


def _require_fitting(request: ComparisonRequest, dataset: LocalDataset) -> None:
    """Refuse what a service would, in the same words.

    Raises:
        ComparisonFailedError: the dataset cannot be used for what is asked.
    """
    facts, evaluation = dataset.facts, request.evaluation
    held_out = held_out_share(evaluation, facts) if request.recommend else None
    problems = (
        split_problem(evaluation, facts, recommend=request.recommend),
        data_problem(request, facts, held_out),
        test_problem(evaluation, facts),
        metric_problem(evaluation, facts),
        training_problem(request.training, facts),
    )
    for problem in problems:
        if problem is not None:
            raise ComparisonFailedError(problem)


@contextmanager
def _read(named: dict[str, Any], tell: Said) -> Iterator[LocalDataset]:
    try:
        with read_here(named, Reading(tell)) as dataset:
            yield dataset
    except DatasetError as error:
        raise DatasetRefused(f"the dataset cannot be used: {error} ({error.rule})") from None


def _processes(asked: int | None) -> int:
    """As many as there are processors that this process may use, and as fit into the memory that is free."""
    if asked is not None:
        return max(1, asked)
    free = available_bytes()
    fitting = usable_cores() if free is None else free // _BYTES_PER_PROCESS
    return max(1, min(usable_cores(), fitting))


def _sheets(folder: Path, names: list[str]) -> dict[str, bytes]:
    paths = {name: folder / f"{number}.png" for number, name in enumerate(names)}
    return {name: path.read_bytes() for name, path in paths.items() if path.exists()}
