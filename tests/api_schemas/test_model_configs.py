"""Which model configurations are taken, and what is refused without Keras ever seeing it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api_schemas.training.models import ModelSpec

DENSE: dict[str, Any] = {
    "module": "keras.layers",
    "class_name": "Dense",
    "config": {
        "name": "dense",
        "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}},
        "units": 10,
        "activation": "softmax",
        "kernel_initializer": {
            "module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": None},
        },
        "kernel_regularizer": None,
    },
    "registered_name": None,
}  # fmt: skip
MODEL: dict[str, Any] = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {
        "name": "sequential",
        "layers": [
            {
                "module": "keras.layers",
                "class_name": "InputLayer",
                "config": {"batch_shape": [None, 8, 8, 1], "dtype": "float32", "name": "input"},
                "registered_name": None,
            },
            DENSE,
        ],
    },
    "registered_name": None,
}


def _with(**changes: Any) -> dict[str, Any]:
    """The model with its dense layer changed: ``config__x=1`` sets ``config["x"]``."""
    model = copy.deepcopy(MODEL)
    for path, value in changes.items():
        parent_part = model["config"]["layers"][1]
        *parents, last = path.split("__x_")
        for parent in parents:
            parent_part = parent_part[parent]
        parent_part[last] = value
    return model


def _refusal(config: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        ModelSpec.model_validate({"config": config})
    return str(caught.value)


def test_a_plain_model_is_taken_as_it_is() -> None:
    """And what does not belong to it is left out, so that it has one address."""
    compiled = MODEL | {"compile_config": {"optimizer": {"class_name": "Anything", "module": "os"}}, "build_config": {}}
    assert ModelSpec.model_validate({"config": MODEL}).config == MODEL
    assert ModelSpec.model_validate({"config": compiled}).config == MODEL


def test_a_name_is_all_that_most_need() -> None:
    """The old form stays, nothing at all means small_cnn, and both at once is a mistake."""
    assert ModelSpec().model_dump(exclude_none=True) == {"name": "small_cnn"}
    assert ModelSpec.model_validate({"name": "small_cnn"}) == ModelSpec()
    with pytest.raises(ValidationError, match="not several"):
        ModelSpec.model_validate({"name": "linear", "config": MODEL})
    with pytest.raises(ValidationError):
        ModelSpec.model_validate({"name": "applications/NoSuchNet"})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (_with(class_name="Lambda"), "config.config.layers[1]: got class 'Lambda'"),
        (_with(class_name="TFSMLayer"), "'TFSMLayer'"),
        (_with(class_name="TextVectorization"), "'TextVectorization'"),
        (_with(module="os", class_name="system"), "of module 'os'"),
        (_with(module="keras.src.layers.core.lambda_layer", class_name="Lambda"), "layers[1]"),
        (_with(module="keras.utils", class_name="get_file"), "'get_file'"),
        (_with(module="keras.saving", class_name="load_model"), "'load_model'"),
        (_with(module=None), "of module None"),
        (_with(module=["keras.layers"]), "layers[1]"),
        (_with(class_name={"a": 1}), "layers[1]"),
        (_with(registered_name="Custom>Dense"), "no custom objects"),
        (_with(config__x_activation="my_function"), "layers[1].config.activation"),
        (_with(config__x_activation={"class_name": "__lambda__", "config": {"value": "abc"}}), "'__lambda__'"),
        (_with(config__x_activation={"module": "builtins", "class_name": "function", "config": "eval"}), "'eval'"),
        (_with(config__x_activation={"module": "builtins", "class_name": "eval", "config": "relu"}), "'eval'"),
        (_with(config__x_name="../../etc/passwd"), "file's path"),
        (_with(config__x_name="c:\\x"), "file's path"),
        (_with(config__x___tensor__="x"), "payloads"),
        (_with(config__x_dtype="float16"), "expected 'float32'"),
        (_with(config__x_units=10**12), "above 1,000,000,000"),
        (_with(config__x_name="n" * 500), "200 characters"),
        (_with(shared_object_id={"class_name": "x"}), "layers[1]"),
        (_with(extra=1), "layers[1].extra"),
        ({"class_name": "Dense", "module": "keras.layers", "config": {}}, "Sequential or Functional"),
        ({"class_name": ["Sequential"]}, "Sequential or Functional"),
        ({}, "Sequential or Functional"),
    ],
    ids=str,
)  # fmt: skip
def test_whatever_could_run_code_or_read_files_is_refused_with_its_place(config: Any, words: str) -> None:
    """Before anything is stored, and in a process without Keras."""
    assert words in _refusal(config)


def test_a_configuration_is_bounded_in_depth_and_size() -> None:
    """Neither exhausts the service."""
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    assert "nested more than 64 deep" in _refusal(_with(config__x_units=deep))
    assert "more than 20,000 parts" in _refusal(_with(config__x_units=[0] * 20_001))


_KEYS = st.sampled_from(["class_name", "module", "config", "layers", "activation", "name"])
_LEAVES = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner), max_leaves=20))
def test_any_json_is_taken_or_refused(value: Any) -> None:
    """Nothing breaks the check itself."""
    try:
        spec = ModelSpec.model_validate({"config": {"class_name": "Sequential", "module": "keras", "config": value}})
    except ValidationError:
        return
    json.dumps(spec.model_dump())
