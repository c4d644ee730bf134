"""Pipelines of transforms as they are written down: read from Python by its syntax tree, never carried out."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from augury.imports.imported import ImportRefused

MAX_STEPS = 500
_CONTAINERS = frozenset({"Compose", "Sequential", "ReplayCompose"})


@dataclass(frozen=True)
class Name:
    """A dotted name that stands for a value, such as ``InterpolationMode.BILINEAR``."""

    dotted: str

    @property
    def last(self) -> str:
        """Its last part, in small letters."""
        return self.dotted.rpartition(".")[2].lower()


class _NotLiteral:
    def __repr__(self) -> str:
        return "not a literal"


NOT_LITERAL = _NotLiteral()
"""Stands for an argument that would have to be carried out to be known."""


@dataclass(frozen=True)
class Step:
    """A transform with its arguments; ``steps`` are those that it holds itself."""

    name: str
    positional: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    line: int = 0
    steps: tuple[Step, ...] = ()

    @property
    def where(self) -> str:
        """What it is called in a sentence."""
        return f"{self.name} in line {self.line}" if self.line else self.name

    def arguments(self, *names: str) -> dict[str, Any]:
        """The arguments by name; *names* are those of the positional ones, in order.

        Raises:
            ImportRefused: there are more of these than names.
        """
        if len(self.positional) > len(names):
            raise ImportRefused(f"{self.where} has {len(self.positional)} positional arguments, expected {len(names)}")
        return dict(zip(names, self.positional, strict=False)) | self.keywords


def pipelines_in(code: str, names: frozenset[str] = _CONTAINERS) -> list[Step]:
    """Every call of one of *names* in Python code, in the order of lines; one inside another is a step of that.

    Raises:
        ImportRefused: it is not Python 3, or holds too much.
    """
    try:
        tree = ast.parse(code)
        return [_step(call) for call in _outermost(tree, names)]
    except SyntaxError as error:
        raise ImportRefused(f"line {error.lineno} cannot be read as Python 3: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise ImportRefused("this cannot be read as Python 3: it holds a null byte, or is nested too deeply") from None


def _outermost(tree: ast.AST, names: frozenset[str]) -> Iterator[ast.Call]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and _called(node) in names:
            yield node
        else:
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _called(call: ast.Call) -> str:
    return _dotted(call.func).rpartition(".")[2]


def _dotted(node: ast.expr) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _step(call: ast.Call) -> Step:
    inner = [each for argument in (*call.args, *(k.value for k in call.keywords)) for each in _calls_in(argument)]
    if len(inner) > MAX_STEPS:
        raise ImportRefused(f"line {call.lineno}: {len(inner)} transforms in one, at most {MAX_STEPS} are read")
    keywords = {each.arg: _value(each.value) for each in call.keywords if each.arg is not None}
    return Step(
        name=_called(call),
        positional=tuple(_value(each) for each in call.args),
        keywords=keywords,
        line=call.lineno,
        steps=tuple(_step(each) for each in inner),
    )


def _calls_in(argument: ast.expr) -> list[ast.Call]:
    """The transforms that an argument holds: it is one, or a list of some."""
    listed = argument.elts if isinstance(argument, ast.List | ast.Tuple) else [argument]
    return [each for each in listed if isinstance(each, ast.Call) and _called(each)]


_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(node: ast.expr) -> Any:
    """What a literal says; numbers may be reckoned with. Lists and tuples are tuples."""
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float | str | None):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand) if _is_number(number := _value(operand)):
            return -number
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            return _reckoned(_OPERATORS[type(sign)], _value(left), _value(right))
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return tuple(_value(each) for each in elements)
        case ast.Dict(keys=keys, values=values) if all(isinstance(key, ast.Constant) for key in keys):
            return {key.value: _value(each) for key, each in zip(keys, values, strict=True)}  # type: ignore[union-attr]
        case ast.Attribute() | ast.Name():
            dotted = _dotted(node)
            return Name(dotted) if "." in dotted else NOT_LITERAL
    return NOT_LITERAL


def _reckoned(sign: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if not (_is_number(left) and _is_number(right)):
        return NOT_LITERAL
    try:
        return sign(left, right)
    except ArithmeticError:
        return NOT_LITERAL


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
