"""Calls in Python code whose arguments are literals, found without carrying out a line of it."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from augury.imports.imported import ImportRefused
from augury.wording import shortened

MAX_DEPTH = 100
"""Of what is nested in each other; no augmentation is."""
_MAX_CODE = 60
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}


@dataclass(frozen=True)
class Unknown:
    """What is no literal: its code, which is not carried out."""

    code: str


@dataclass(frozen=True)
class Call:
    """A call: the name as it was imported, such as ``keras.layers.RandomFlip``, and its arguments.

    An argument is a value, another Call, a list or tuple of such, or Unknown.
    """

    name: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    line: int

    @property
    def last_name(self) -> str:
        """What stands behind the last point."""
        return self.name.rpartition(".")[2]


def calls_in(text: str) -> list[Call]:
    """All calls that are in no other call of the text, in order.

    Raises:
        ImportRefused: it is not Python, or nested too deeply.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ImportRefused(f"line {error.lineno}: this is not Python 3: {error.msg}") from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise ImportRefused(f"this cannot be read as Python: {error or 'it is nested too deeply'}") from None
    names = dict(_imported(tree))
    return [_call(node, names, 0) for node in _outermost(tree)]


def _outermost(tree: ast.AST) -> Iterator[ast.Call]:
    due: list[ast.AST] = [tree]
    while due:
        node = due.pop()
        if isinstance(node, ast.Call):
            yield node
        else:
            due.extend(reversed(list(ast.iter_child_nodes(node))))


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What names stand for, by the imports anywhere in the text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module or ''}.{alias.name}"


def _call(node: ast.Call, names: dict[str, str], depth: int) -> Call:
    if depth > MAX_DEPTH:
        raise ImportRefused(f"line {node.lineno}: calls are nested too deeply")
    keywords = {each.arg or "**": _value(each.value, names, depth + 1) for each in node.keywords}
    arguments = tuple(_value(each, names, depth + 1) for each in node.args)
    return Call(_dotted(node.func, names), arguments, keywords, node.lineno)


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(names.get(node.id, node.id))
    return ".".join(reversed(parts))


def _value(node: ast.expr, names: dict[str, str], depth: int) -> Any:
    """The value of a literal, of arithmetic with numbers, or of lists and calls of such."""
    if depth > MAX_DEPTH:
        raise ImportRefused(f"line {node.lineno}: this is nested too deeply")
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        values = [_value(each, names, depth + 1) for each in node.elts]
        return values if isinstance(node, ast.List) else tuple(values)
    if isinstance(node, ast.Call):
        return _call(node, names, depth + 1)
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _computed(node, _UNARY[type(node.op)], [node.operand], names, depth)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _computed(node, _BINARY[type(node.op)], [node.left, node.right], names, depth)
    return Unknown(_code(node))


def _computed(
    node: ast.expr, operation: Callable[..., Any], operands: list[ast.expr], names: dict[str, str], depth: int
) -> Any:
    values = [_value(each, names, depth + 1) for each in operands]
    if not all(isinstance(each, int | float) for each in values):
        return Unknown(_code(node))
    try:
        return operation(*values)
    except ArithmeticError:
        return Unknown(_code(node))


def _code(node: ast.expr) -> str:
    try:
        return shortened(ast.unparse(node), _MAX_CODE)
    except RecursionError:
        return "…"
