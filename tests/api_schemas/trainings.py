"""Training settings as Hypothesis draws them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from api_schemas.training.settings import TrainingSettings

_SCHEDULES = st.sampled_from(["constant", "cosine", "plateau"]) | st.one_of(
    st.builds(dict, name=st.just("cosine"), warmup_epochs=st.integers(0, 5)),
    st.builds(dict, name=st.just("step"), every=st.integers(1, 10), factor=st.floats(0.01, 0.99)),
    st.builds(dict, name=st.just("plateau"), patience=st.integers(1, 9), factor=st.floats(0.01, 0.99)),
)
_LOSSES = st.sampled_from(["cross_entropy", "focal"]) | st.builds(dict, name=st.just("focal"), gamma=st.floats(0.1, 10))
_OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "schedule": _SCHEDULES,
    "optimizer": st.sampled_from(["adam", "adamw", "sgd", "rmsprop"]),
    "epochs": st.integers(1, 1000),
    "batch_size": st.integers(1, 4096),
    "learning_rate": st.floats(1e-9, 10),
    "momentum": st.floats(0, 0.99),
    "nesterov": st.booleans(),
    "weight_decay": st.none() | st.floats(0, 1),
    "gradient_clip": st.none() | st.floats(1e-6, 1e6),
    "loss": st.sampled_from(["cross_entropy", "focal"])
    | st.builds(dict, name=st.just("focal"), gamma=st.floats(0.1, 10)),
    "label_smoothing": st.floats(0, 0.99),
    "class_weight": st.sampled_from(["none", "balanced"])
    | st.dictionaries(st.from_regex(r"[a-z ]{1,9}", fullmatch=True), st.floats(0.1, 1000), min_size=1, max_size=4),
    "early_stopping": st.none() | st.builds(dict, patience=st.integers(1, 1000)),
    "inner_fraction": st.floats(0.01, 0.5),
    "average_last": st.floats(0, 0.99),
    "augment_until": st.floats(0.01, 1),
    "mixed_precision": st.booleans(),
    "backend": st.sampled_from(["tensorflow", "jax"]),
}


@st.composite
def training_settings(draw: st.DrawFn) -> TrainingSettings:
    """Settings that are accepted: some options, and those left out that contradict one that was drawn before."""
    accepted, body = TrainingSettings(), dict[str, Any]()
    for name in draw(st.permutations(list(_OPTIONS)).map(lambda names: names[:6])):
        body[name] = draw(_OPTIONS[name])
        try:
            accepted = TrainingSettings.model_validate(body)
        except ValidationError:
            del body[name]
    return accepted
