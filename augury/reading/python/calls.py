"""Calls of ``ImageDataGenerator`` in a syntax tree, with the arguments whose values stand there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from augury.reading.python.functions import preprocessing_of
from augury.reading.python.literals import NotLiteralError, bound_once, value_of
from augury.reading.python.origins import is_generator, paths_of
from augury.reading.python.scopes import Names, Scope
from augury.reading.python.signature import PARAMETERS, as_keras_takes

MAX_CALLS = 1000
_MAX_SHOWN = 60


@dataclass
class Call:
    """One call: what is known of its arguments, and where each of them stands."""

    node: ast.Call
    scope: Scope
    arguments: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, ast.AST] = field(default_factory=dict)
    nodes: dict[str, ast.AST] = field(default_factory=dict)


def generator_calls(names: Names) -> Iterator[Call]:
    """Every call of Keras's class, under whatever name it goes in the file."""
    for node, scope in names.calls:
        paths = paths_of(node.func, scope)
        if paths and all(map(is_generator, paths)):
            yield _read(Call(node, scope), names)


def _read(call: Call, names: Names) -> Call:
    rest = ""
    for index, argument in enumerate(call.node.args):
        if isinstance(argument, ast.Starred) or index >= len(PARAMETERS):
            rest = shown(argument)
            break
        _take(call, PARAMETERS[index], argument, argument, call.scope)
    for keyword in call.node.keywords:
        if keyword.arg is not None:
            _take(call, keyword.arg, keyword.value, keyword, call.scope)
            continue
        try:
            pairs, owner = _unpacked(keyword.value, call.scope, names)
        except NotLiteralError:
            rest = f"**{shown(keyword.value)}"
            continue
        for name, value in pairs:
            _take(call, name, value, keyword, owner)
    if rest:
        given = {*call.arguments, *call.unread}
        call.unread.update({name: rest for name in PARAMETERS if name not in given})
    return call


def _take(call: Call, name: str, value: ast.expr, where: ast.AST, scope: Scope) -> None:
    """Note one argument: as known, as not known, or as one that there is not."""
    if name not in PARAMETERS:
        call.unknown[name] = where
        return
    call.nodes[name] = where
    call.arguments.pop(name, None)
    try:
        if name == "preprocessing_function":
            call.arguments[name] = preprocessing_of(value, scope)
        else:
            call.arguments[name] = as_keras_takes(name, value_of(value, scope))
    except NotLiteralError:
        call.unread[name] = shown(value)


def _unpacked(node: ast.expr, scope: Scope, names: Names) -> tuple[list[tuple[str, ast.expr]], Scope]:
    """The arguments of a dictionary that is written out, there or under a name that is only ever unpacked.

    Raises:
        NotLiteralError: it may have anything in it.
    """
    if isinstance(node, ast.Name):
        owner = scope.owner(node.id)
        value, found_in = bound_once(node.id, scope)
        reads = names.loads.get((owner, node.id), []) if owner is not None else []
        if any(id(read) not in names.unpacked for read in reads):
            raise NotLiteralError  # whoever has it can change it
        node, scope = value, found_in
    if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        return [(str(key), value) for key, value in zip(keys, node.values, strict=True)], scope
    match node:
        case ast.Call(func=ast.Name(id="dict"), args=[]) if scope.owner("dict") is None:
            pairs = [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg is not None]
            if len(pairs) == len(node.keywords):
                return pairs, scope
    raise NotLiteralError


def shown(node: ast.AST) -> str:
    """An expression as code, in one line of bounded length."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (RecursionError, ValueError):
        return type(node).__name__
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"
