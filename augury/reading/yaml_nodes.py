"""YAML with the position of every mapping and key, within bounds, and without any tag that makes an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augury.reading.found import Position

MAX_DEPTH = 60
MAX_VALUES = 100_000


class TooMuchError(Exception):
    """The document is larger or deeper than any that is read."""


class YamlMissingError(Exception):
    """PyYAML is not installed."""


class Placed(dict[str, Any]):
    """A mapping that knows where it begins and, where that was told, where its keys are."""

    def __init__(self, values: Mapping[str, Any], position: Position, keys_at: Mapping[str, Position] | None = None):
        """Keep the values, and where they stand."""
        super().__init__(values)
        self.position = position
        self.keys_at = dict(keys_at or {})


def plain(value: Any) -> Any:
    """The value without its positions."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def read_yaml(content: bytes) -> list[Any]:
    """The documents of a file.

    Raises:
        ValueError: it is not YAML, or has tags of its own.
        TooMuchError: it is too large, too deep, or refers to itself over and over.
        YamlMissingError: there is nothing here to read it with.
    """
    try:
        import yaml
    except ModuleNotFoundError:
        raise YamlMissingError("YAML is read with PyYAML, which is not installed: pip install 'augury[lint]'") from None
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _require_within_bounds(yaml, content, loader)
        documents = list(yaml.compose_all(content, Loader=loader))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it is not YAML: {error}") from None
    constructing = _Construction(yaml)
    return [constructing.of(document) for document in documents if document is not None]


def _require_within_bounds(yaml: Any, content: bytes, loader: Any) -> None:
    """Refuse depths and numbers before anything is built of them; events come one after another."""
    depth = 0
    for count, event in enumerate(yaml.parse(content, Loader=loader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise TooMuchError(f"is nested more than {MAX_DEPTH} deep")
        if count > 2 * MAX_VALUES:
            raise TooMuchError(f"has more than {MAX_VALUES:,} values")


class _Construction:
    """Values of nodes; what several aliases refer to counts as often as it is referred to."""

    def __init__(self, yaml: Any) -> None:
        self._yaml = yaml
        self._scalars = yaml.constructor.SafeConstructor()
        self._left = MAX_VALUES

    def of(self, node: Any, depth: int = 0) -> Any:
        """What a node stands for."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise TooMuchError(f"has more than {MAX_VALUES:,} values, with what its aliases refer to")
        if isinstance(node, self._yaml.SequenceNode):
            return [self.of(each, depth + 1) for each in node.value]
        if isinstance(node, self._yaml.MappingNode):
            return self._mapping(node, depth)
        try:
            return self._scalars.construct_object(node)
        except self._yaml.YAMLError:
            return None  # of a tag that makes something else of it
        except (ValueError, OverflowError):
            return str(node.value)  # looks like a date or number, and is none

    def _mapping(self, node: Any, depth: int) -> Placed:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        keys_at: dict[str, Position] = {}
        for key_node, value_node in node.value:
            value = self.of(value_node, depth + 1)
            if key_node.tag == "tag:yaml.org,2002:merge":
                for each in value if isinstance(value, list) else [value]:
                    merged = {**(each if isinstance(each, dict) else {}), **merged}
                continue
            key = str(self.of(key_node, depth + 1))
            own[key] = value
            keys_at[key] = _position(key_node)
        return Placed({**merged, **own}, _position(node), keys_at)


def _position(node: Any) -> Position:
    return Position(0, node.start_mark.line + 1, node.start_mark.column + 1)
