"""The tables of webhooks and of what they are told. Times are Unix seconds."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id, Leased, Owned, only


class WebhookRow(Owned, Base):
    """An address that is told of what happens in a project."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    url: Mapped[str] = mapped_column(Text)
    types: Mapped[str | None] = mapped_column(String(400))
    """With spaces between them; None: all."""
    jobs: Mapped[str] = mapped_column(String(10))
    description: Mapped[str] = mapped_column(String(200))
    salt: Mapped[str] = mapped_column(String(64))
    """What the secret is made of, with a key that is not in the database; see ``store.webhooks.signatures``."""
    signing_key: Mapped[str] = mapped_column(String(16))
    """By which that key is known again."""
    old_salt: Mapped[str | None] = mapped_column(String(64))
    old_secret_until: Mapped[float | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """Attempts in a row that failed."""
    failing_since: Mapped[float | None]
    resume_at: Mapped[float | None]
    """Nothing is tried before: after several failures the receiver is taken to be away, and is not kept being asked."""
    disabled_reason: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[float]
    created_by: Mapped[str | None] = mapped_column(Id)
    finished_at: Mapped[float | None]
    """When it was deleted."""

    __table_args__ = (
        Index("webhooks_by_project", "project_id", "id"),
        Index("active_webhooks", "id", **only("state = 'active'")),
        Index("deleted_webhooks", "id", **only("state = 'deleted'")),
    )


class DeliveryRow(Owned, Leased, Base):
    """A message to one webhook. Its id is the same in every attempt, and its body is."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    """JSON, with the path of what it tells of; see ``store.rows.outbox.messages.payload_of``."""
    asked_at: Mapped[float]
    """When it was last asked for: by the event, or by who wants it delivered again."""
    due_at: Mapped[float]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    """Attempts that came to an end; ``attempts`` counts workers that were lost over one."""
    tried_at: Mapped[float | None]
    status_code: Mapped[int | None]
    problem: Mapped[str | None] = mapped_column(String(300))
    response: Mapped[str | None] = mapped_column(String(300))

    __table_args__ = (
        Index("queued_deliveries", "webhook_id", "due_at", **only("state = 'queued'")),
        Index("deliveries_to_give_up", "asked_at", **only("state = 'queued'")),
        Index("leased_deliveries", "lease_until", **only("lease_until is not null")),
        Index("deliveries_by_webhook", "webhook_id", "id"),
        Index("deliveries_by_end", "finished_at"),
    )


class JobWebhookRow(Base):
    """A webhook that a job has named, to be told of it."""

    __tablename__ = "job_webhooks"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("job_webhooks_by_webhook", "webhook_id"),)
