"""What a client may submit, and what failures look like."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api_schemas.base import nearest_name
from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import ComparisonRequest, JobState
from api_schemas.training.evaluation import EvaluationSettings
from api_schemas.training.settings import TrainingSettings
from api_schemas.training.trials import TrialState


def _request(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "comparison",
        "dataset": {"kind": "builtin", "name": "digits"},
        "candidates": [{"name": "flip", "spec": {"horizontal_flip": True}}],
        **changes,
    }


def _refusals(body: dict[str, Any]) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as refusal:
        ComparisonRequest.model_validate(body)
    return [(line["loc"], line["msg"]) for line in refusal.value.errors()]


def _candidates(*names: str, **spec: Any) -> list[dict[str, Any]]:
    return [{"name": name, "spec": spec} for name in names]


def test_the_smallest_request_is_accepted_with_documented_defaults() -> None:
    """A kind, a dataset and one candidate are enough."""
    request = ComparisonRequest.model_validate(_request())
    assert (request.model.name, request.training.epochs) == ("small_cnn", "by_size")
    assert (request.evaluation.min_seeds, request.evaluation.max_seeds) == (5, 10)
    assert (request.evaluation.confidence, request.evaluation.practical_effect) == (0.95, 0.5)
    assert request.baseline is None
    assert request.device == "cpu"


def test_an_accepted_request_survives_the_store() -> None:
    """What is dumped as JSON and read again is the same request."""
    request = ComparisonRequest.model_validate(_request(labels={"team": "vision"}, training={"epochs": 2}))
    assert ComparisonRequest.model_validate(request.model_dump(mode="json")) == request


@pytest.mark.parametrize("missing", ["kind", "dataset", "candidates"])
def test_nothing_that_says_what_to_do_may_be_left_out(missing: str) -> None:
    """Kind, dataset and candidates have no defaults."""
    body = _request()
    del body[missing]
    assert [loc for loc, _ in _refusals(body)] == [(missing,)]


def test_candidate_names_must_be_unique() -> None:
    """Two candidates of one name are refused and named; names that differ in case are two."""
    ((_, message),) = _refusals(_request(candidates=_candidates("flip", "turn", "flip")))
    assert message == "candidate names must be unique; repeated: flip"
    assert ComparisonRequest.model_validate(_request(candidates=_candidates("flip", "Flip")))


def test_no_candidate_may_be_called_baseline() -> None:
    """The name of the arm without augmentation is reserved; names that contain it are not."""
    ((location, message),) = _refusals(_request(candidates=_candidates("flip", "baseline")))
    assert location == ("candidates", 1)
    assert "baseline" in message
    assert ComparisonRequest.model_validate(_request(candidates=_candidates("baseline2")))


@pytest.mark.parametrize("name", ["", "-a", "a b", "a:b", "a" * 65, "ä", "a\n", "a\x00", "\ud800"], ids=ascii)
def test_a_name_that_cannot_name_an_arm_is_refused(name: str) -> None:
    """Names are 1 to 64 letters, digits, dots, underscores and hyphens, so that arms and files can bear them."""
    assert [loc for loc, _ in _refusals(_request(candidates=_candidates(name)))] == [("candidates", 0, "name")]


@pytest.mark.parametrize("name", ["a", "0", "A.b_c-d", "a" * 64])
def test_a_name_within_the_rules_is_accepted(name: str) -> None:
    """Near misses of the rules for names pass."""
    assert ComparisonRequest.model_validate(_request(candidates=_candidates(name)))


@pytest.mark.parametrize(("count", "is_accepted"), [(0, False), (1, True), (20, True), (21, False)])
def test_a_comparison_has_1_to_20_candidates(count: int, is_accepted: bool) -> None:
    """None at all or more than twenty are refused."""
    body = _request(candidates=_candidates(*(f"c{number}" for number in range(count))))
    if is_accepted:
        assert len(ComparisonRequest.model_validate(body).candidates) == count
    else:
        assert [loc for loc, _ in _refusals(body)] == [("candidates",)]


@pytest.mark.parametrize("spec", [{"data_format": "channels_first"}, {"validation_split": 0.2}], ids=repr)
def test_what_a_job_decides_itself_is_refused_in_its_specs(spec: dict[str, Any]) -> None:
    """The order of axes and the split are the job's, in a candidate and in the baseline, and the message says so."""
    (field,) = spec
    for body in (_request(candidates=_candidates("a", **spec)), _request(baseline={"spec": spec})):
        ((_, message),) = _refusals(body)
        assert message.startswith(field)


@pytest.mark.parametrize("spec", [{"data_format": "channels_last"}, {"validation_split": 0}], ids=repr)
def test_what_a_job_decides_may_be_said_if_it_is_what_the_job_does(spec: dict[str, Any]) -> None:
    """Near misses of the job's rules pass."""
    assert ComparisonRequest.model_validate(_request(candidates=_candidates("a", **spec)))


def test_a_baseline_takes_preprocessing_only() -> None:
    """A random transform in the baseline is refused; normalisation is accepted."""
    ((location, message),) = _refusals(_request(baseline={"spec": {"horizontal_flip": True}}))
    assert location == ("baseline",)
    assert "preprocessing only" in message
    assert ComparisonRequest.model_validate(_request(baseline={"spec": {"samplewise_center": True}}))


@pytest.mark.parametrize(
    ("model", "refused", "accepted"),
    [
        (TrainingSettings, {"epochs": 0}, {"epochs": 1}),
        (TrainingSettings, {"epochs": 1001}, {"epochs": 1000}),
        (TrainingSettings, {"epochs": 2.0}, {"epochs": 2}),
        (TrainingSettings, {"batch_size": 0}, {"batch_size": 1}),
        (TrainingSettings, {"learning_rate": 0}, {"learning_rate": 1e-9}),
        (TrainingSettings, {"learning_rate": 10.1}, {"learning_rate": 10}),
        (TrainingSettings, {"optimizer": "Adam"}, {"optimizer": "sgd"}),
        (EvaluationSettings, {"seeds": 1}, {"seeds": 2}),
        (EvaluationSettings, {"seeds": 51}, {"seeds": 50}),
        (EvaluationSettings, {"first_seed": -1}, {"first_seed": 2**31 - 1}),
        (EvaluationSettings, {"first_seed": 2**31}, {"first_seed": 0}),
        (EvaluationSettings, {"validation_fraction": 0}, {"validation_fraction": 1e-6}),
        (EvaluationSettings, {"validation_fraction": 1}, {"validation_fraction": 0.999}),
        (EvaluationSettings, {"training_images": 1}, {"training_images": 2}),
        (EvaluationSettings, {"confidence": 1}, {"confidence": 0.999}),
        (EvaluationSettings, {"confidence": 0.49}, {"confidence": 0.5}),
        (EvaluationSettings, {"practical_effect": -0.1}, {"practical_effect": 0}),
    ],
    ids=repr,
)
def test_settings_are_held_to_their_ranges(model: Any, refused: dict[str, Any], accepted: dict[str, Any]) -> None:
    """Outside the range is refused, just inside is accepted."""
    with pytest.raises(ValidationError):
        model.model_validate(refused)
    assert model.model_validate(accepted).model_dump(include=set(accepted)) == accepted


@pytest.mark.parametrize(
    ("labels", "is_accepted"),
    [
        ({"team": "vision", "a/b.c-d": "x y:z@1"}, True),
        ({"k": ""}, True),
        ({f"k{number}": "v" for number in range(21)}, False),
        ({"": "v"}, False),
        ({"k" * 64: "v"}, False),
        ({"k": "v" * 101}, False),
        ({"k": "a\x00b"}, False),
        ({"k:": "v"}, False),
        ({"k": 1}, False),
    ],
    ids=lambda value: str(value)[:30],
)
def test_labels_are_few_and_plain(labels: dict[str, Any], is_accepted: bool) -> None:
    """Up to twenty short strings that a query can carry; a key has no colon, which divides key and value there."""
    if is_accepted:
        assert ComparisonRequest.model_validate(_request(labels=labels)).labels == labels
    else:
        assert all(loc[0] == "labels" for loc, _ in _refusals(_request(labels=labels)))


def test_mistakes_on_several_levels_are_all_reported_with_their_places() -> None:
    """A typo beside, inside and below a faulty field hides none of the others."""
    body = _request(
        candidates=[{"name": "a b", "spec": {"zoom_rang": 1}}, {"nam": "b", "spec": {"zoom_range": 3}}],
        trainng={},
        evaluation={"seeds": 1, "seed": 2},
    )
    assert {loc[:4] for loc, _ in _refusals(body)} >= {
        ("candidates", 0, "name"),
        ("candidates", 0, "spec", "zoom_rang"),
        ("candidates", 1, "nam"),
        ("candidates", 1, "spec", "zoom_range"),
        ("trainng",),
        ("evaluation", "seeds", "count"),
        ("evaluation", "seed"),
    }


@pytest.mark.parametrize(
    ("typed", "guess"), [("epoch", "epochs"), ("EPOCHS", "epochs"), ("learning-rate", "learning_rate"), ("zz", None)]
)
def test_the_nearest_name_is_found_or_none(typed: str, guess: str | None) -> None:
    """A guess is made only when it is likely."""
    assert nearest_name(typed, list(TrainingSettings.model_fields)) == guess


def test_a_failure_is_written_with_class_and_read_again() -> None:
    """On the wire the field is called class, which Python does not allow as a name."""
    failure = Failure.of(FailureClass.WORKER_LOST, "lost")
    written = failure.model_dump(mode="json")
    assert written == {"class": "worker_lost", "message": "lost", "rule": None, "retryable": True}
    assert Failure.model_validate(written) == failure
    assert Failure.model_validate_json(failure.model_dump_json()) == failure


@pytest.mark.parametrize("failure_class", FailureClass)
def test_only_failures_that_may_go_away_by_themselves_are_retryable(failure_class: FailureClass) -> None:
    """The request, the dataset and the memory are the same the next time; workers and time limits are not."""
    expected = failure_class in ("timeout", "worker_lost", "internal")
    assert Failure.of(failure_class, "why").retryable is expected


def test_exactly_the_last_states_are_terminal() -> None:
    """A job or trial that is over is marked as such, and no other is."""
    assert {state for state in JobState if state.is_terminal} == {"succeeded", "failed", "cancelled"}
    assert {state for state in TrialState if state.is_terminal} == {"succeeded", "failed", "cancelled"}
