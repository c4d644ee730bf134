"""What a file does with its generators: which methods are called on each, and which of them train and validate."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from augury.reading.found import Position, Use, Validation
from augury.reading.python.calls import Call
from augury.reading.python.scopes import Binding, Names, Scope

_FLOWS_OF_FILES = frozenset({"flow_from_dataframe", "flow_from_directory"})
_TRAINS = frozenset({"fit", "fit_generator"})
_FIRST = ("x", "generator")
Place = Callable[[ast.AST], Position]


class Uses:
    """The uses of every generator in a file."""

    def __init__(self, names: Names, generators: Sequence[Call], place: Place) -> None:
        """Look at *generators*; *place* says where a node is."""
        self._names, self._generators, self._place = names, generators, place
        self._index = {id(call.node): index for index, call in enumerate(generators)}
        self._scopes = {id(call): scope for call, scope in names.calls}
        self._methods = {id(call.func.value): call for call, _ in names.calls if isinstance(call.func, ast.Attribute)}

    def of(self, generator: Call) -> tuple[tuple[Use, ...], bool]:
        """The methods that are called on a generator, and whether nothing else can be done with it anywhere.

        What is not assigned to a name is used where it is made; a name counts where it is bound once, and where it is
        used in the scope that binds it.
        """
        chained = self._methods.get(id(generator.node))
        if chained is not None:
            return (self._use(chained),), True
        bound = self._bound_to(generator)
        if bound is None:
            return (), False
        owner, name = bound
        reads = self._names.loads.get((owner, name), [])
        calls = [self._methods[id(read)] for read in reads if id(read) in self._methods]
        is_seen = len(calls) == len(reads) and all(self._scopes[id(call)] is owner for call in calls)
        return tuple(self._use(call) for call in calls), is_seen

    def validations(self) -> Iterator[Validation]:
        """Trainings with ``fit(a, validation_data=b)`` where both a and b are flows of files of known generators."""
        for call, scope in self._names.calls:
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in _TRAINS:
                continue
            keywords = {keyword.arg: keyword.value for keyword in call.keywords}
            first = call.args[0] if call.args else next((keywords[each] for each in _FIRST if each in keywords), None)
            training, validation = (self._flow_of(each, scope) for each in (first, keywords.get("validation_data")))
            if training is not None and validation is not None:
                yield Validation(self._place(call), training, validation)

    def _use(self, call: ast.Call) -> Use:
        assert isinstance(call.func, ast.Attribute)
        subset = next((each.value for each in call.keywords if each.arg == "subset"), None)
        named = subset.value if isinstance(subset, ast.Constant) and isinstance(subset.value, str) else ""
        return Use(call.func.attr, self._place(call), named)

    def _bound_to(self, generator: Call) -> tuple[Scope, str] | None:
        """The scope and name that a generator is assigned to, and nothing else is."""
        owner = generator.scope
        for name, bindings in owner.bindings.items():
            if _is_only(bindings, generator.node):
                return owner, name
        return None

    def _flow_of(self, node: ast.expr | None, scope: Scope) -> int | None:
        """The index of the generator whose flow of files an expression is."""
        call = self._call(node, scope)
        if call is None or not isinstance(call.func, ast.Attribute) or call.func.attr not in _FLOWS_OF_FILES:
            return None
        made = self._call(call.func.value, self._scopes[id(call)])
        return None if made is None else self._index.get(id(made))

    def _call(self, node: ast.expr | None, scope: Scope) -> ast.Call | None:
        """The call that an expression is, or that its name is bound to and nothing else."""
        if isinstance(node, ast.Name):
            owner = scope.owner(node.id)
            bindings = owner.bindings[node.id] if owner is not None else []
            node = bindings[0].value if len(bindings) == 1 else None
        return node if isinstance(node, ast.Call) and id(node) in self._scopes else None


def _is_only(bindings: list[Binding], value: ast.expr) -> bool:
    return len(bindings) == 1 and bindings[0].value is value
