"""Importing Keras without the libraries that it loads for conveniences which nobody needs here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_CONVENIENCES = ("matplotlib", "pandas", "sklearn")
"""For its galleries of images, for tables as training data, and for its models as scikit-learn's estimators."""


def import_keras() -> None:
    """Have Keras imported, whose backend ``KERAS_BACKEND`` names; a third sooner, and 150 MB smaller.

    For a process whose only thread this is: another one that imports such a library at the same time does not find it.
    """
    with hidden(_CONVENIENCES):
        import keras  # noqa: F401  # imports what it finds, and does without what it does not


@contextmanager
def hidden(libraries: tuple[str, ...]) -> Iterator[None]:
    """Have those that are not imported yet be taken for not installed; afterwards they can be imported as ever."""
    absent = [name for name in libraries if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is Python's own sign for this
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)
