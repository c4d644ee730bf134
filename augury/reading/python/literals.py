"""The value of an expression that is known without running anything: literals, their arithmetic, and names for them."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from augury.reading.python.scopes import Scope

MAX_DEPTH = 40
MAX_STEPS = 2000
MAX_NUMBER = 1e15
"""Beyond it no parameter makes sense, and arithmetic would cost more than it is worth."""

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_MAX_EXPONENT = 64


class NotLiteralError(Exception):
    """The value is not known without running the file."""


def value_of(node: ast.expr, scope: Scope) -> Any:
    """What an expression is: a number, string, truth value, None, or a tuple or list of these.

    Names count where the scope that binds them does so once, with such a value.

    Raises:
        NotLiteralError: it is anything else.
    """
    return _Evaluation().of(node, scope, 0)


class _Evaluation:
    """One value, of at most so many steps: names that stand for names can make much of little code."""

    def __init__(self) -> None:
        self._steps_left = MAX_STEPS

    def of(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        """The value of a part of the expression."""
        self._steps_left -= 1
        if depth > MAX_DEPTH or self._steps_left < 0:
            raise NotLiteralError
        match node:
            case ast.Constant():
                return _constant(node.value)
            case ast.Tuple():
                return tuple(self.of(each, scope, depth + 1) for each in node.elts)
            case ast.List():
                return [self.of(each, scope, depth + 1) for each in node.elts]
            case ast.UnaryOp() if type(node.op) in _UNARY:
                return _bounded(_UNARY[type(node.op)](_number(self.of(node.operand, scope, depth + 1))))
            case ast.BinOp() if type(node.op) in _BINARY:
                left = _number(self.of(node.left, scope, depth + 1))
                return _computed(node.op, left, _number(self.of(node.right, scope, depth + 1)))
            case ast.Name():
                value, owner = bound_once(node.id, scope)
                if not isinstance(value, ast.List):  # which may be changed after it was made
                    return self.of(value, owner, depth + 1)
        raise NotLiteralError


def bound_once(name: str, scope: Scope) -> tuple[ast.expr, Scope]:
    """The one expression that a name stands for, and the scope that it is in.

    Raises:
        NotLiteralError: the name is bound otherwise, more than once, or not at all.
    """
    owner = scope.owner(name)
    bindings = owner.bindings[name] if owner is not None else []
    if owner is None or len(bindings) != 1 or owner.kind == "class":
        raise NotLiteralError
    value = bindings[0].value
    if value is None or any(line > value.lineno for line, _ in owner.stars):  # which may bring the same name
        raise NotLiteralError
    return value, owner


def _constant(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    return _bounded(_number(value))


def _number(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise NotLiteralError


def _bounded(value: Any) -> Any:
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) <= MAX_NUMBER:
        return value
    raise NotLiteralError


def _computed(how: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(how, ast.Pow) and abs(right) > _MAX_EXPONENT:
        raise NotLiteralError
    try:
        return _bounded(_BINARY[type(how)](left, right))
    except (ArithmeticError, ValueError):
        raise NotLiteralError from None
