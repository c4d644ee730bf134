"""Keras model configurations from strangers: which ones are safe to build, decided without Keras.

A configuration is what ``model.to_json()`` of Keras 3 writes. It names classes, and Keras would import whatever it
names; so every object in it must be on the lists here, and nothing in it may stand for code, a file or bytes.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticCustomError

MAX_PARTS = 20_000
DEEPEST = 64
MAX_TEXT_LENGTH = 200
MAX_NUMBER = 10**9

_LAYERS = frozenset(
    {
        "Activation",
        "Add",
        "Average",
        "AveragePooling1D",
        "AveragePooling2D",
        "BatchNormalization",
        "Concatenate",
        "Conv1D",
        "Conv2D",
        "Conv2DTranspose",
        "Cropping2D",
        "Dense",
        "DepthwiseConv2D",
        "Dot",
        "Dropout",
        "ELU",
        "Flatten",
        "GaussianDropout",
        "GaussianNoise",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GroupNormalization",
        "Identity",
        "InputLayer",
        "LayerNormalization",
        "LeakyReLU",
        "MaxPooling1D",
        "MaxPooling2D",
        "Maximum",
        "Minimum",
        "MultiHeadAttention",
        "Multiply",
        "PReLU",
        "Permute",
        "ReLU",
        "RepeatVector",
        "Rescaling",
        "Reshape",
        "SeparableConv2D",
        "Softmax",
        "SpatialDropout2D",
        "Subtract",
        "UnitNormalization",
        "UpSampling2D",
        "ZeroPadding2D",
    }
)
_INITIALISERS = frozenset(
    {
        "Constant",
        "GlorotNormal",
        "GlorotUniform",
        "HeNormal",
        "HeUniform",
        "Identity",
        "LecunNormal",
        "LecunUniform",
        "Ones",
        "Orthogonal",
        "RandomNormal",
        "RandomUniform",
        "TruncatedNormal",
        "VarianceScaling",
        "Zeros",
    }
)
_OF_MODULE = {
    "keras": frozenset({"DTypePolicy", "Functional", "Model", "Sequential"}),
    "keras.models": frozenset({"Functional", "Model", "Sequential"}),
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.src.models.sequential": frozenset({"Sequential"}),
    "keras.layers": _LAYERS,
    "keras.initializers": _INITIALISERS,
    "keras.regularizers": frozenset({"L1", "L1L2", "L2", "OrthogonalRegularizer"}),
    "keras.constraints": frozenset({"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"}),
    "keras.dtype_policies": frozenset({"DTypePolicy"}),
    "keras.src.ops.numpy": frozenset({"Add", "Multiply"}),  # what sums and products of tensors are written as
}
MODEL_CLASSES = ("Functional", "Model", "Sequential")
_ACTIVATIONS = frozenset(
    {
        "celu",
        "elu",
        "exponential",
        "gelu",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "leaky_relu",
        "linear",
        "log_softmax",
        "mish",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "softmax",
        "softplus",
        "softsign",
        "swish",
        "tanh",
    }
)
_TENSOR = "__keras_tensor__"
_OF_OBJECT = frozenset(
    {"module", "class_name", "config", "registered_name", "build_config", "name", "inbound_nodes", "shared_object_id"}
)
_NOT_USED = frozenset({"compile_config", "build_config"})


def checked_config(config: dict[str, Any], max_parts: int = MAX_PARTS) -> dict[str, Any]:
    """The configuration without what training decides for itself (``compile_config``, ``build_config``).

    It may have *max_parts* objects, lists and values.

    Raises:
        PydanticCustomError: something in it is not on the lists; the message says where.
    """
    name = config.get("class_name")
    if not isinstance(name, str) or name not in MODEL_CLASSES:
        raise _refusal(
            "config.class_name", f"got {config.get('class_name')!r}, expected a Sequential or Functional model"
        )
    _check(config, "config", 0, [max_parts, max_parts])
    return {key: value for key, value in config.items() if key not in _NOT_USED}


def _check(value: Any, where: str, depth: int, left: list[int]) -> None:
    left[0] -= 1
    if depth > DEEPEST:
        raise _refusal(where[:MAX_TEXT_LENGTH], f"nested more than {DEEPEST} deep")
    if left[0] < 0:
        raise _refusal("config", f"it has more than {left[1]:,} parts")
    if isinstance(value, dict):
        _check_mapping(value, where, depth, left)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, f"{where}[{index}]", depth + 1, left)
    elif isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, int | float) and abs(value) > MAX_NUMBER:
        raise _refusal(where, f"got a number above {MAX_NUMBER:,}")


def _check_mapping(value: dict[str, Any], where: str, depth: int, left: list[int]) -> None:
    if "class_name" in value:
        _check_object(value, where)
    for key, item in value.items():
        _check_text(key, where)
        if key == "compile_config" and depth == 0:
            continue  # dropped: how a model is trained is the request's to say
        if key == "shared_object_id" and type(item) is int:
            continue  # only compared with others: objects that are one have the same, which is an address of memory
        if key == "activation" and isinstance(item, str) and item not in _ACTIVATIONS:
            raise _refusal(f"{where}.{key}", f"got {item!r}, expected one of Keras's activations by name")
        if key == "dtype" and isinstance(item, str) and item != "float32":
            raise _refusal(f"{where}.{key}", f"got {item!r}, expected 'float32'")
        _check(item, f"{where}.{key}", depth + 1, left)


def _check_object(value: dict[str, Any], where: str) -> None:
    name, module = value["class_name"], value.get("module")
    if name == _TENSOR:
        if set(value) - {"class_name", "config"}:
            raise _refusal(where, f"a {_TENSOR} has a class_name and a config only")
        return
    if module == "builtins" and name == "function":
        if value.get("config") not in _ACTIVATIONS:
            raise _refusal(
                f"{where}.config", f"got function {value.get('config')!r}, which is no activation of Keras's"
            )
        return
    known = _OF_MODULE.get(module, frozenset()) if isinstance(module, str) else frozenset()
    if not isinstance(name, str) or name not in known:
        raise _refusal(
            where,
            f"got class {name!r} of module {module!r}, which is not among the built-in Keras classes that may be used; "
            "Lambda, custom and unknown objects are refused",
        )
    if value.get("registered_name") not in (None, name):
        raise _refusal(
            f"{where}.registered_name", f"got {value['registered_name']!r}, expected null: no custom objects"
        )
    if name == "DTypePolicy" and value.get("config") != {"name": "float32"}:
        raise _refusal(f"{where}.config", "expected the policy 'float32'")
    unknown = sorted(set(value) - _OF_OBJECT - _NOT_USED)
    if unknown:
        raise _refusal(f"{where}.{unknown[0]}", "unknown field of a Keras object")


def _check_text(text: Any, where: str) -> None:
    if not isinstance(text, str) or len(text) > MAX_TEXT_LENGTH:
        raise _refusal(where, f"a text of more than {MAX_TEXT_LENGTH} characters")
    if "/" in text or "\\" in text or "\0" in text:
        raise _refusal(where, f"got {text!r}; nothing in a model may look like a file's path")
    if text.startswith("__") and text != _TENSOR:
        raise _refusal(where, f"got {text!r}; lambdas and other payloads are refused")


def _refusal(where: str, what: str) -> PydanticCustomError:
    message = f"{where}: {what}"
    return PydanticCustomError("model_config", message.replace("{", "{{").replace("}", "}}"))
