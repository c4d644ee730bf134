"""Preprocessing functions of ``keras.applications``, told by where they are imported from."""

from __future__ import annotations

import ast
from typing import Literal

from augury.reading.python.literals import NotLiteralError
from augury.reading.python.origins import paths_of
from augury.reading.python.scopes import Scope

PREPROCESS = "preprocess_input"
_GENERAL = "imagenet_utils"
Mode = Literal["imagenet_caffe", "imagenet_tf", "imagenet_torch"]

_MODES: dict[str, Mode] = {
    "vgg16": "imagenet_caffe",
    "vgg19": "imagenet_caffe",
    "resnet": "imagenet_caffe",
    "resnet50": "imagenet_caffe",
    "resnet_v2": "imagenet_tf",
    "inception_v3": "imagenet_tf",
    "inception_resnet_v2": "imagenet_tf",
    "xception": "imagenet_tf",
    "mobilenet": "imagenet_tf",
    "mobilenet_v2": "imagenet_tf",
    "nasnet": "imagenet_tf",
    "densenet": "imagenet_torch",
}
"""What ``preprocess_input`` of each module does (Keras 3.15, ``keras/src/applications``)."""

_PASS_ON = frozenset({"convnext", "efficientnet", "efficientnet_v2", "mobilenet_v3"})
"""Modules whose ``preprocess_input`` hands on what it gets, as their models have it inside."""

_PACKAGES = frozenset({"keras", "tensorflow", "tf_keras", "keras_applications"})
_OF_A_MODE: dict[str, Mode] = {"caffe": "imagenet_caffe", "tf": "imagenet_tf", "torch": "imagenet_torch"}


def preprocessing_of(node: ast.expr, scope: Scope) -> Mode | None:
    """The name in specs of a function that is given by name, or by a lambda that calls one; None where it does nothing.

    Raises:
        NotLiteralError: it is any other function.
    """
    if isinstance(node, ast.Constant) and node.value is None:
        return None
    if isinstance(node, ast.Lambda):
        return _of_lambda(node, scope)
    modes = {_mode_of(path) for path in paths_of(node, scope)}
    if len(modes) != 1:
        raise NotLiteralError
    return modes.pop()


def _mode_of(path: str) -> Mode | None:
    package, *inner = path.split(".")
    if package not in _PACKAGES or len(inner) < 2 or inner[-1] != PREPROCESS:
        raise NotLiteralError
    module = inner[-2]
    if module in _PASS_ON:
        return None
    if module == _GENERAL:
        return "imagenet_caffe"
    if module not in _MODES:
        raise NotLiteralError
    return _MODES[module]


def _of_lambda(node: ast.Lambda, scope: Scope) -> Mode | None:
    """Of ``lambda image: preprocess_input(image, mode="tf")``."""
    match node:
        case ast.Lambda(
            args=ast.arguments(posonlyargs=[], args=[ast.arg(arg=given)], kwonlyargs=[], vararg=None, kwarg=None),
            body=ast.Call(func=function, args=[ast.Name(id=passed)], keywords=keywords),
        ) if given == passed and given not in ast.unparse(function).split("."):
            mode = preprocessing_of(function, scope)
        case _:
            raise NotLiteralError
    if not keywords:
        return mode
    is_general = all(path.split(".")[-2:] == [_GENERAL, PREPROCESS] for path in paths_of(function, scope))
    match keywords:
        case [ast.keyword(arg="mode", value=ast.Constant(value=str(name)))] if is_general and name in _OF_A_MODE:
            return _OF_A_MODE[name]
    raise NotLiteralError
