"""Pipelines of Albumentations as it saves them."""

from __future__ import annotations

import ast
import json
from typing import Any

from augury.imports.imported import ImportRefused
from augury.imports.steps import MAX_STEPS, Step

CLASS = "__class_fullname__"


def saved_pipeline(text: str) -> Step | None:
    """The pipeline that JSON tells, or a dictionary as Python writes it; None where the text is neither.

    Raises:
        ImportRefused: it begins like one, and is none; or it holds too much.
    """
    if not text.lstrip().startswith("{"):
        return None
    try:
        return _step_of(_told(text), [MAX_STEPS])
    except RecursionError:
        raise ImportRefused("transforms are nested too deeply") from None


def _told(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise ImportRefused("this is neither JSON nor a dictionary of literals") from None


def _step_of(told: Any, left: list[int]) -> Step:
    """A transform that was saved; of ``left`` so many may still come."""
    if isinstance(told, dict) and isinstance(told.get("transform"), dict):
        told = told["transform"]
    if not (isinstance(told, dict) and isinstance(told.get(CLASS), str)):
        raise ImportRefused(f"a saved transform needs {CLASS}, as albumentations.to_dict writes it")
    left[0] -= 1
    if left[0] < 0:
        raise ImportRefused(f"more than {MAX_STEPS} transforms in one pipeline")
    inner = told.get("transforms")
    keywords = {str(name): value for name, value in told.items() if name not in (CLASS, "transforms")}
    steps = tuple(_step_of(each, left) for each in inner) if isinstance(inner, list | tuple) else ()
    return Step(told[CLASS].rpartition(".")[2], keywords=keywords, steps=steps)
