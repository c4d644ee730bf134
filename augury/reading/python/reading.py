"""From Python code to the specs in it: one file, or the cells of a notebook one after another."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from augury.reading.found import Contents, FoundSpec, Note, Position
from augury.reading.python.calls import MAX_CALLS, Call, generator_calls
from augury.reading.python.comments import silencing
from augury.reading.python.scopes import Names, names_of
from augury.reading.python.source import NotPythonError, decoded, parsed
from augury.reading.python.uses import Uses

_OF_KERAS_1 = frozenset({"border_mode", "dim_ordering", "nb_epoch", "nb_val_samples", "nb_worker", "samples_per_epoch"})
"""In its time ``shear_range`` was in radians, and ``brightness_range`` was not there yet."""


@dataclass(frozen=True)
class Piece:
    """Code that is parsed by itself; *cell* is 0 where it is a whole file."""

    text: str
    cell: int = 0
    indent: int = 0
    """Of all its lines, which was taken away."""


class Pieces:
    """Pieces of code as one tree, in which lines go on from piece to piece, and the way back."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        """Parse what can be parsed; `notes` has the rest."""
        self.tree = ast.Module(body=[], type_ignores=[])
        self.notes: list[Note] = []
        self.silenced: dict[int, frozenset[str]] = {}
        self._lines: list[tuple[Piece, int, str]] = [(Piece(""), 0, "")]
        """Of each line of the tree: its piece, its number there and its text."""
        for piece in pieces:
            self._add(piece)

    def _add(self, piece: Piece) -> None:
        try:
            tree = parsed(piece.text)
        except NotPythonError as error:
            self.notes.append(Note(Position(piece.cell, error.line), str(error)))
            return
        before = len(self._lines) - 1
        ast.increment_lineno(tree, before)
        self.tree.body += tree.body
        self.silenced |= {line + before: rules for line, rules in silencing(piece.text).items()}
        lines = piece.text.split("\n")  # as the parser counts; other separators of lines are none to it
        self._lines += [(piece, number, line) for number, line in enumerate(lines, 1)]

    def position(self, node: ast.AST) -> Position:
        """Where a node begins, in characters."""
        line: int = getattr(node, "lineno", 1)
        offset: int = getattr(node, "col_offset", 0)
        piece, number, text = self._lines[line]
        return Position(piece.cell, number, piece.indent + len(text.encode()[:offset].decode(errors="replace")) + 1)


def read_python(content: bytes) -> Contents:
    """The specs in a Python file."""
    try:
        text = decoded(content)
    except NotPythonError as error:
        return Contents(notes=(Note(Position(), str(error)),))
    return read_pieces([Piece(text)])


def read_pieces(pieces: Sequence[Piece]) -> Contents:
    """The specs in pieces of code that share their names."""
    whole = Pieces(pieces)
    names = names_of(whole.tree)
    calls = list(islice(generator_calls(names), MAX_CALLS + 1))
    if len(calls) > MAX_CALLS:
        note = f"only the first {MAX_CALLS:,} calls were looked at"
        whole.notes.append(Note(whole.position(calls.pop().node), note))
    if calls and _is_of_old_keras(names):
        note = "is written for a Keras before 2.3, where parameters had other meanings: not looked at"
        whole.notes.append(Note(whole.position(calls[0].node), note))
        calls = []
    uses = Uses(names, calls, whole.position)
    return Contents(
        specs=tuple(_spec(call, whole, uses) for call in calls),
        notes=tuple(sorted(whole.notes, key=lambda note: note.position)),
        validations=tuple(uses.validations()),
    )


def _is_of_old_keras(names: Names) -> bool:
    """Whether a call has arguments of Keras 1, which Keras 2 took for a while."""
    return any(keyword.arg in _OF_KERAS_1 for call, _ in names.calls for keyword in call.keywords)


def _spec(call: Call, whole: Pieces, uses: Uses) -> FoundSpec:
    used, is_seen = uses.of(call)
    lines = (line for span in call.spans for line in range(span.lineno, (span.end_lineno or span.lineno) + 1))
    rules = [whole.silenced[line] for line in lines if line in whole.silenced]
    return FoundSpec(
        position=whole.position(call.node),
        arguments=call.arguments,
        unread=call.unread,
        unknown={name: whole.position(node) for name, node in call.unknown.items()},
        positions={name: whole.position(node) for name, node in call.nodes.items()},
        silenced=frozenset().union(*rules),
        uses=used,
        has_no_other_use=is_seen,
        is_code=True,
    )
