"""What a kind's planner hands back to the shared road."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from store.queue import Message
from store.rows.tables import DatasetRow, JobRow
from workers.context import Context


@dataclass(frozen=True)
class Step:
    """What is due once the planner's transaction is committed."""

    messages: Sequence[Message] = ()
    conclude: Callable[[Context, str], None] | None = None
    """Called with the job's id when all its work is over and needs more than a row to say so."""


NextStep = Callable[[Session, JobRow, DatasetRow, float], Step]
"""Looks at a job with a ready dataset inside the planner's transaction."""
