"""Runs the Python blocks of a guide, in their order and in one namespace, as a reader would paste them one by one."""

from __future__ import annotations

from typing import Any

import augury
from tests.docs.blocks import blocks

SMALL = {"model": "linear", "epochs": 1, "seeds": 2, "recommend": False, "processes": 1, "progress": False}
"""Instead of what a guide says of a training, which is worth its time to a reader."""


def run(page: str, replaced: dict[str, str] | None = None, *, having: str = "", **names: Any) -> dict[str, Any]:
    """Run the blocks of a *page*, with *names* that it takes for given; what they have left behind.

    *replaced* is what stands in a guide for something that is known only here, such as a job's id. With *having* only
    those blocks are run that have this in them.
    """
    namespace: dict[str, Any] = dict(names)
    found = [block for block in blocks("python", page) if having in block.text]
    assert found, f"{page} has no such Python to run"
    for block in found:
        text = block.text
        for shown, meant in (replaced or {}).items():
            text = text.replace(shown, meant)
        exec(compile("\n" * block.line + text, block.page, "exec"), namespace)  # noqa: S102 (our own guides)
    return namespace


def compare_little(*given: Any, **named: Any) -> Any:
    """``augury.compare``, but with little to train."""
    return _compare(*given, **{**named, **SMALL})


_compare = augury.compare
