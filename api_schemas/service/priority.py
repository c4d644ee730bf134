"""How large a job's share of the workers is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

Priority = Annotated[
    Literal["low", "normal", "high"],
    Field(
        description="The job's share of the workers while others have work, too: high gets twice as many as normal, "
        "low half as many. None of them waits for ever."
    ),
]
