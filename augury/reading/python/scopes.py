"""Which name means what in a file: scopes and what is bound in them, as far as the syntax alone shows it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
ScopeKind = Literal["module", "function", "class", "comprehension"]


@dataclass(frozen=True)
class Binding:
    """One way in which a name comes to mean something: an import's dotted path, a value, or anything else."""

    path: str | None = None
    value: ast.expr | None = None


@dataclass(eq=False)
class Scope:
    """A module, function, class or comprehension, and what it binds."""

    kind: ScopeKind
    parent: Scope | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    """Names declared global or nonlocal, with the scope that binds them."""
    stars: list[tuple[int, str]] = field(default_factory=list)
    """Modules of which everything is imported, with the line where."""

    def bind(self, name: str, binding: Binding) -> None:
        """Note that *name* is bound here, or where it is declared to be."""
        scope = self.elsewhere.get(name, self)
        scope.bindings[name].append(binding)

    def owner(self, name: str) -> Scope | None:
        """The scope in which a name that is used here is bound; None where no scope of the file does."""
        scope: Scope | None = self
        while scope is not None:
            if scope is self or scope.kind != "class":
                found = scope.elsewhere.get(name, scope)
                if name in found.bindings:
                    return found
            scope = scope.parent
        return None

    @property
    def module(self) -> Scope:
        """The outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    @property
    def beyond_comprehensions(self) -> Scope:
        """The scope that an assignment expression binds in."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(frozen=True)
class Names:
    """All scopes of a file, and the scope of each name and call in it."""

    module: Scope
    calls: list[tuple[ast.Call, Scope]]
    """In the order of the file."""
    loads: Mapping[tuple[Scope, str], list[ast.Name]]
    """Where a name is read, by the scope that binds it."""
    unpacked: frozenset[int]
    """Identities of the expressions that are given as ``**expression``."""


def names_of(tree: ast.Module) -> Names:
    """Walk a file once, without recursion, as its nesting is its author's."""
    walk = _Walk(Scope("module"))
    due: list[tuple[ast.AST, Scope]] = [(tree, walk.module)]
    while due:
        node, scope = due.pop()
        walk.meet(node, scope)
        due += reversed(list(_children(node, scope)))
    loads: dict[tuple[Scope, str], list[ast.Name]] = defaultdict(list)
    for name, scope in walk.read:
        owner = scope.owner(name.id)
        if owner is not None:
            loads[owner, name.id].append(name)
    unpacked = (id(each.value) for call, _ in walk.calls for each in call.keywords if each.arg is None)
    return Names(walk.module, walk.calls, loads, frozenset(unpacked))


def _children(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """What is inside a node, each with the scope that it is in."""
    if isinstance(node, _FUNCTIONS):
        inner = Scope("function", scope)
        arguments = node.args
        outside = (*arguments.defaults, *filter(None, arguments.kw_defaults), *getattr(node, "decorator_list", ()))
        yield from ((each, scope) for each in outside)
        for argument in ast.iter_child_nodes(arguments):
            if isinstance(argument, ast.arg):
                inner.bind(argument.arg, Binding())
        yield from ((each, inner) for each in (node.body if isinstance(node.body, list) else [node.body]))
    elif isinstance(node, ast.ClassDef):
        inner = Scope("class", scope)
        yield from ((each, scope) for each in (*node.bases, *node.keywords, *node.decorator_list))
        yield from ((each, inner) for each in node.body)
    elif isinstance(node, _COMPREHENSIONS):
        inner = Scope("comprehension", scope)
        yield from ((each, inner) for each in ast.iter_child_nodes(node))
    else:
        yield from ((each, scope) for each in ast.iter_child_nodes(node))


class _Walk:
    """What has been met so far."""

    def __init__(self, module: Scope) -> None:
        self.module = module
        self.calls: list[tuple[ast.Call, Scope]] = []
        self.read: list[tuple[ast.Name, Scope]] = []
        self._bound: set[int] = set()

    def meet(self, node: ast.AST, scope: Scope) -> None:
        """Note what a node itself calls, reads or binds."""
        match node:
            case ast.Call():
                self.calls.append((node, scope))
            case ast.Name(ctx=ast.Load()):
                self.read.append((node, scope))
            case ast.Name() if id(node) not in self._bound:
                scope.bind(node.id, Binding())
            case ast.Assign():
                for target in node.targets:
                    self._assign(target, node.value, scope)
            case ast.AnnAssign(value=ast.expr() as value):
                self._assign(node.target, value, scope)
            case ast.NamedExpr(target=ast.Name(id=name) as target):
                scope.beyond_comprehensions.bind(name, Binding())
                self._bound.add(id(target))
            case ast.Import() | ast.ImportFrom():
                _import(node, scope)
            case ast.Global():
                scope.elsewhere.update(dict.fromkeys(node.names, scope.module))
            case ast.Nonlocal() if scope.parent is not None:
                scope.elsewhere.update({name: scope.parent.owner(name) or scope.parent for name in node.names})
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                scope.bind(name, Binding())
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                scope.bind(name, Binding())
            case ast.MatchMapping(rest=str(name)):
                scope.bind(name, Binding())

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        """Bind the names whose values stand beside them; all others are bound as they are met."""
        due = [(target, value)]
        while due:
            target, value = due.pop()
            if isinstance(target, ast.Name):
                scope.bind(target.id, Binding(value=value))
                self._bound.add(id(target))
            elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
                starred = any(isinstance(each, ast.Starred) for each in (*target.elts, *value.elts))
                if len(target.elts) == len(value.elts) and not starred:
                    due += zip(target.elts, value.elts, strict=True)


def _import(node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            path = alias.name if alias.asname else alias.name.partition(".")[0]
            scope.bind(alias.asname or path, Binding(path=path))
        return
    source = "." * node.level + (node.module or "")
    for alias in node.names:
        if alias.name == "*":
            scope.stars.append((node.lineno, source))
        else:
            scope.bind(alias.asname or alias.name, Binding(path=f"{source}.{alias.name}"))
