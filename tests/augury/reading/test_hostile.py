"""Whatever is in a file: it is read, or a note says why not. Nothing is imported, run or waited for."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from augury.reading.documents import read_json, read_yaml_file
from augury.reading.found import Contents
from augury.reading.python.notebooks import read_notebook
from augury.reading.python.reading import read_python
from tests.augury.reading.code import IMPORT, notebook

READERS = [read_python, read_notebook, read_json, read_yaml_file]
_WORDS = "ImageDataGenerator ( ) = ** * [ ] { } : , 0.1 1/0 x rotation_range dict ' # \\ % ! &a *a - | é \x00 \u2028"
_PHRASES = ["\n", " ", "    ", '"', "lambda x:", "def f(x):", "class A:", "global x", "from x import *", "<<: "]
_SOUP = st.lists(st.sampled_from([*_WORDS.split(" "), *_PHRASES]), max_size=60).map("".join)


@given(content=st.binary(max_size=300) | _SOUP.map(lambda text: (IMPORT + text).encode()) | _SOUP.map(str.encode))
@pytest.mark.parametrize("read", READERS)
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_a_reader(read: Callable[[bytes], Contents], content: bytes) -> None:
    """Random ones, and a soup of what the grammars have words for."""
    assert isinstance(read(content), Contents)


@given(cells=st.lists(_SOUP, max_size=4))
@example(cells=["%%bash\nImageDataGenerator(", "!ls \\\n -l", "%time x = 3"])
@settings(max_examples=60, deadline=None)
def test_no_cells_break_a_notebook(cells: list[str]) -> None:
    """Each is read by itself."""
    assert isinstance(read_notebook(notebook(*cells)), Contents)


DEEP = {
    "parentheses": "(" * 5000 + "1" + ")" * 5000,
    "minuses": "x = " + "-" * 50_000 + "1",
    "sum": "x = " + "1+" * 50_000 + "1",
    "attributes": "x" + ".y" * 50_000,
    "calls": "f" + "()" * 20_000,
    "blocks": "".join(" " * depth + "if x:\n" for depth in range(99)) + " " * 99 + "pass",
    "digits": "x = " + "9" * 10_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_deep_code_is_read_or_said_to_be_too_deep(text: str) -> None:
    """The parser's limits end in a note."""
    contents = read_python((IMPORT + text).encode())
    assert contents.specs == ()


def test_names_that_stand_for_names_cost_little() -> None:
    """Sixty doublings would take longer than there is time."""
    chain = "\n".join(f"a{step} = (a{step + 1}, a{step + 1})" for step in range(60))
    (found,) = read_python(f"{IMPORT}{chain}\nImageDataGenerator(cval=a0)".encode()).specs
    assert "cval" in found.unread


def test_aliases_of_yaml_cost_little() -> None:
    """Nine levels of nine would be a milliard of values."""
    pairs = pairwise("abcdefghij")
    nine = [f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in pairs]
    contents = read_yaml_file("\n".join(["a: &a [x]", *nine]).encode())
    assert "more than 100,000 values" in contents.notes[0].message


@pytest.mark.parametrize("read", [read_json, read_yaml_file])
def test_deep_documents_are_refused(read: Callable[[bytes], Contents]) -> None:
    """Before anything is built of them."""
    assert "nested" in read(b"[" * 100_000 + b"]" * 100_000).notes[0].message


def test_tags_of_yaml_make_nothing() -> None:
    """Whatever they ask for: the mapping around them is no spec."""
    content = b"augmentation: {rotation_range: !!python/object/apply:os.system [exit], horizontal_flip: true}"
    assert read_yaml_file(content).specs == ()


def test_another_version_of_python_is_a_note() -> None:
    """Of the line that shows it."""
    (note,) = read_python(b"x = 1\nprint 'x'\n").notes
    assert note.position.line == 2
    assert "cannot be read as Python 3" in note.message


def test_an_encoding_is_the_declared_one() -> None:
    """And one that there is not is a note."""
    code = f"# coding: latin-1\nx = 'é'\n{IMPORT}ImageDataGenerator(cval=1)"
    assert len(read_python(code.encode("latin-1")).specs) == 1
    assert "decoded" in read_python(b"# coding: nonsense\n").notes[0].message
    assert "decoded" in read_python("x = 'é'".encode("latin-1")).notes[0].message


def test_a_notebook_that_is_none_is_a_note() -> None:
    """Whatever else its JSON is."""
    for content in (b"", b"[]", b"{}", b'"x"', b'{"cells": 3}', json.dumps([[]] * 3).encode()):
        assert "cannot be read as a notebook" in read_notebook(content).notes[0].message
