"""Whether anything at all was written, for the price of one statement."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_MARKS = {
    # Which transactions can be seen.
    "postgresql": text("select pg_current_snapshot()::text"),
    # Counted by the connection, for what others have committed: marks of several connections are not comparable.
    "sqlite": text("pragma data_version"),
}


def mark(session: Session) -> str:
    """Equal to an earlier mark of the same connection where nobody has committed anything in between.

    It may differ where nothing has changed that anybody looks at.
    """
    return str(session.execute(_MARKS[session.get_bind().dialect.name]).scalar_one())
