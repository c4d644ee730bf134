"""A comparison from request to report, on the real stack."""

from __future__ import annotations

from api_schemas.reports.report import Report
from tests.end_to_end.stack import Stack, comparison


def test_a_violent_augmentation_is_found_to_hurt(stack: Stack) -> None:
    """Flipping and shifting digits by half their size costs a linear model accuracy, and the report says so."""
    request = comparison(epochs=15, first_seed=10, seeds=3)
    request["candidates"] = [
        {
            "name": "violent",
            "spec": {"width_shift_range": 0.5, "height_shift_range": 0.5, "vertical_flip": True, "rescale": 1 / 255},
        },
        {"name": "normalised", "spec": {"samplewise_center": True, "samplewise_std_normalization": True}},
    ]
    job = stack.submit(request)
    ended = stack.finished(job["id"])
    assert (ended["state"], ended["error"], ended["progress"]["fraction"]) == ("succeeded", None, 1.0)

    report = Report.model_validate(stack.report(job["id"]))
    violent, normalised = report.candidates
    assert violent.verdict == "hurts"
    assert violent.difference is not None
    assert violent.difference.high < 0
    assert violent.preprocessing is None  # it is the baseline's
    assert normalised.preprocessing_arm == "normalised"  # it has no augmentation to be told apart
    assert {arm.name: len(arm.per_seed) for arm in report.arms} == {"baseline": 3, "violent": 3, "normalised": 3}
    baseline = report.arms[0]
    assert baseline.mean_validation_accuracy is not None
    assert baseline.mean_validation_accuracy > 0.85
    assert all(len(seed.curves.validation_accuracy) == 15 for seed in baseline.per_seed)
    assert report.provenance.dataset.images == 1797


def test_the_same_comparison_again_trains_nothing(stack: Stack) -> None:
    """Trials are content-addressed: a second identical comparison reuses all of them and says so."""
    request = comparison(epochs=2, first_seed=20)
    first = stack.finished(stack.submit(request)["id"])
    second = stack.finished(stack.submit(request)["id"])

    assert first["id"] != second["id"]
    reports = [stack.report(job["id"]) for job in (first, second)]
    assert [report["cost"]["trials_reused"] for report in reports] == [0, 4]
    assert reports[1]["cost"]["training_seconds"] == 0
    assert [trial["attempts"] for trial in stack.trials(second["id"])] == [1] * 4
    assert reports[0]["candidates"] == reports[1]["candidates"]


def test_the_plan_of_a_request_tells_what_would_be_trained_and_stores_nothing(stack: Stack) -> None:
    """validate_only counts arms, trials and what can be reused."""
    request = comparison(epochs=2, first_seed=30)
    stack.finished(stack.submit(request)["id"])
    before = stack.http.get("/v1/jobs").json()["items"]

    wider = {**request, "evaluation": {"seeds": 3, "first_seed": 30}}
    plan = stack.http.post("/v1/jobs?validate_only=true", json=wider).json()

    assert (plan["trials"], plan["trials_reusable"]) == (6, 4)
    assert plan["estimated_seconds"] > 0
    assert stack.http.get("/v1/jobs").json()["items"] == before


def test_a_dataset_that_is_too_small_for_the_split_is_refused_before_anything_is_stored(stack: Stack) -> None:
    """The dataset is known by now, so an impossible split is a 422 and not a failed job."""
    request = comparison(epochs=2, first_seed=40)
    request["evaluation"] = {"seeds": 2, "training_images": 5000}
    answer = stack.http.post("/v1/jobs", json=request)

    assert answer.status_code == 422
    assert "1797" in answer.json()["errors"][0]["message"]


def test_waiting_returns_as_soon_as_something_changes(stack: Stack) -> None:
    """A client that prefers to wait gets news, not the same answer again."""
    job = stack.submit(comparison(epochs=10, first_seed=50))
    steps = [job]
    while not steps[-1]["is_terminal"]:
        steps.append(stack.http.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=30"}).json())

    assert steps[-1]["state"] == "succeeded"
    fractions = [step["progress"]["fraction"] for step in steps]
    assert fractions == sorted(fractions)
    events = [entry["type"] for entry in steps[-1]["timeline"]]
    assert (events[0], events[-1]) == ("queued", "succeeded")


def test_what_does_not_train_never_loads_tensorflow(stack: Stack) -> None:
    """The service and the planner map none of its libraries; a worker that trains has them before it forks."""
    for name, expected in (("control", False), ("cpu", True), ("api", False)):
        maps = (stack.memory_maps_of(name)).lower()
        assert ("tensorflow" in maps) is expected, name


def test_what_trains_loads_no_library_that_only_keras_has_a_use_for(stack: Stack) -> None:
    """Keras imports scikit-learn and pandas where they are; a worker starts a third sooner without them."""
    maps = stack.memory_maps_of("cpu")
    assert "tensorflow" in maps
    assert not [library for library in ("sklearn", "pandas", "scipy/stats") if library in maps]


def test_a_worker_forks_before_tensorflow_has_threads(stack: Stack) -> None:
    """Threads do not survive a fork, and what they held would be held for ever; libraries that fork well may have some.

    OpenBLAS has its threads end before a fork, jemalloc has its own begin again.
    """
    threads = stack.thread_names_of("cpu")
    assert threads[0], "the parent has a thread at least"
    assert not [name for name in threads[0] if name.startswith("tf_")]
    assert all(any(name.startswith("tf_") for name in names) for names in threads[1:])
    assert len(threads) > 1, "the parent and its pool processes"
