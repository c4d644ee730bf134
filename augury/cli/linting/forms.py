"""The forms in which findings in files are printed."""

from __future__ import annotations

from typing import Literal

Form = Literal["text", "json", "github"]
