"""What a kind's planner hands back to the shared road."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from store.queue import Message
from store.rows.tables import DatasetRow, JobRow


@dataclass(frozen=True)
class Step:
    """What is due once the planner's transaction is committed."""

    messages: Sequence[Message] = ()
    is_to_be_concluded: bool = False
    """All its work is over, and somebody has to look at what came of it (see ``workers.units.conclusion``)."""


NextStep = Callable[[Session, JobRow, DatasetRow, float], Step]
"""Looks at a job with a ready dataset inside the planner's transaction."""
