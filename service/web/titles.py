"""What a job is called, which has no name of its own: by what it asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api_schemas.jobs import JobKind
from augury.reporting.formatting import plain
from augury.wording import listed

_MAX_NAMES = 4
_WORDS: dict[JobKind, str] = {
    JobKind.COMPARISON: "Comparison",
    JobKind.TRAINING: "Training",
    JobKind.AUGMENTATION: "Augmented images",
}


def title_of(request: Mapping[str, Any]) -> str:
    """A job by its request as it is stored: the candidates of a comparison; of another job its kind."""
    names = [plain(str(each.get("name", ""))) for each in request.get("candidates", [])]
    return listed(names, _MAX_NAMES) if names else _WORDS[JobKind(request["kind"])]
