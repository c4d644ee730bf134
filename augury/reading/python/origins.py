"""Where a name comes from: the dotted path of what was imported, through aliases and attributes."""

from __future__ import annotations

import ast

from augury.reading.python.scopes import Binding, Scope

CLASS = "ImageDataGenerator"
_KERAS = frozenset({"keras", "tensorflow", "tf_keras", "keras_preprocessing"})
"""Packages that have, or had, Keras's own class, wherever in them."""
_OURS = f"augury.augmentation.{CLASS}"  # the same parameters, with the same meaning
_MAX_DEPTH = 4
_MAX_BINDINGS = 8


def is_generator(path: str) -> bool:
    """Whether a dotted path leads to Keras's class, or to the drop-in for it."""
    parts = path.split(".")
    return path == _OURS or (parts[0] in _KERAS and parts[-1] == CLASS)


def paths_of(node: ast.expr, scope: Scope, depth: int = 0) -> frozenset[str]:
    """The dotted paths that an expression may stand for; none where that is not certain.

    There are several where one of several imports is made, as in ``try`` and ``except ImportError``.
    """
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or depth > _MAX_DEPTH:
        return frozenset()
    return frozenset(".".join((path, *reversed(attributes))) for path in _of_name(node.id, scope, depth))


def _of_name(name: str, scope: Scope, depth: int) -> frozenset[str]:
    owner = scope.owner(name)
    if owner is None:
        return frozenset(f"{source}.{name}" for _, source in scope.module.stars if is_generator(f"{source}.{name}"))
    if len(owner.bindings[name]) > _MAX_BINDINGS:
        return frozenset()
    found: set[str] = set()
    for binding in owner.bindings[name]:
        if _is_none(binding):  # what is left where an import failed, and nothing is called there
            continue
        here = {binding.path} if binding.path else _of_value(binding, owner, depth)
        if not here:
            return frozenset()
        found |= here
    return frozenset(found)


def _of_value(binding: Binding, owner: Scope, depth: int) -> frozenset[str]:
    return frozenset() if binding.value is None else paths_of(binding.value, owner, depth + 1)


def _is_none(binding: Binding) -> bool:
    return isinstance(binding.value, ast.Constant) and binding.value.value is None
