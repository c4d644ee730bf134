"""Calls of ``ImageDataGenerator`` in a syntax tree, with the arguments whose values stand there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
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
    spans: list[ast.expr] = field(default_factory=list)
    """Where its arguments stand: the call itself, and each dictionary that is unpacked in it."""


def generator_calls(names: Names) -> Iterator[Call]:
    """Every call of Keras's class, under whatever name it goes in the file."""
    for node, scope in names.calls:
        paths = paths_of(node.func, scope)
        if paths and all(map(is_generator, paths)):
            yield _read(Call(node, scope, spans=[node]), names)


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
            made, owner = _dictionary(keyword.value, call.scope, names)
            written = _written(made, owner)
        except NotLiteralError:
            rest = f"**{shown(keyword.value)}"
            continue
        call.spans.append(made)
        for name, value, where in written:
            _take(call, name, value, where, owner)
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


def _dictionary(node: ast.expr, scope: Scope, names: Names) -> tuple[ast.expr, Scope]:
    """The expression that makes a dictionary, there or under a name that is only ever unpacked, and its scope.

    Raises:
        NotLiteralError: it may have anything in it.
    """
    if not isinstance(node, ast.Name):
        return node, scope
    owner = scope.owner(node.id)
    made = bound_once(node.id, scope)
    reads = names.loads.get((owner, node.id), []) if owner is not None else []
    if any(id(read) not in names.unpacked for read in reads):
        raise NotLiteralError  # whoever has it can change it
    return made


def _written(made: ast.expr, scope: Scope) -> Sequence[tuple[str, ast.expr, ast.AST]]:
    """What is in a dictionary that is written out: names, values, and where each of them begins.

    Raises:
        NotLiteralError: it is made in another way.
    """
    match made:
        case ast.Dict() if all(isinstance(key, ast.Constant) for key in made.keys):
            keys = [key for key in made.keys if isinstance(key, ast.Constant)]
            return [(str(key.value), value, key) for key, value in zip(keys, made.values, strict=True)]
        case ast.Call(func=ast.Name(id="dict"), args=[]) if scope.owner("dict") is None:
            keywords = [(keyword.arg, keyword.value, keyword) for keyword in made.keywords]
            written = [(name, value, where) for name, value, where in keywords if name is not None]
            if len(written) == len(keywords):
                return written
    raise NotLiteralError


def shown(node: ast.AST) -> str:
    """An expression as code, in one line of bounded length."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (RecursionError, ValueError):
        return type(node).__name__
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"
