"""Keras is imported without what it loads for conveniences; that of a running worker is looked at end to end."""

from __future__ import annotations

import importlib
import sys

import pytest

from augury.training.warmup import hidden


def test_what_is_hidden_is_not_found_and_found_again_afterwards() -> None:
    """Even where the import that it is hidden from fails."""
    sys.modules.pop("this", None)
    with pytest.raises(ModuleNotFoundError), hidden(("this", "never_heard_of")):
        importlib.import_module("this")
    assert {"this", "never_heard_of"}.isdisjoint(sys.modules)
    assert importlib.import_module("this")


def test_what_is_imported_already_stays() -> None:
    """Two copies of a library in one process would be strangers to each other."""
    with hidden(("json",)):
        assert importlib.import_module("json") is sys.modules["json"] is not None
    assert sys.modules["json"] is not None
