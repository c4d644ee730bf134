"""Messages that nobody will be sent any more are given up, and old ones forgotten, with webhooks that were deleted."""

from __future__ import annotations

import structlog

from store.rows.webhooks import deliveries
from store.settings import SECONDS_PER_DAY, SECONDS_PER_HOUR
from workers.context import Context

_MAX_AT_ONCE = 500
log = structlog.get_logger(__name__)


def clear_away(context: Context) -> None:
    """End messages of disabled webhooks and those that never had a turn, and remove old ones: so many at a time."""
    window, kept = context.webhooks.retry_hours * SECONDS_PER_HOUR, context.webhooks.keep_days * SECONDS_PER_DAY
    with context.database.writing() as session:
        now = context.database.now(session)
        ended = deliveries.give_up_undeliverable(session, now, window, _MAX_AT_ONCE)
        deliveries.forget(session, now - kept, _MAX_AT_ONCE)
    if ended:
        log.warning("messages to webhooks were given up", messages=ended)
