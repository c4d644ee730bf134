"""Webhooks, what they are told, and which of them jobs name."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SECONDS = sa.Float(precision=53)
_INDEXES = (
    ("webhooks_by_project", "webhooks", ["project_id", "id"], None),
    ("active_webhooks", "webhooks", ["id"], "state = 'active'"),
    ("deleted_webhooks", "webhooks", ["id"], "state = 'deleted'"),
    ("queued_deliveries", "webhook_deliveries", ["webhook_id", "due_at"], "state = 'queued'"),
    ("deliveries_to_give_up", "webhook_deliveries", ["asked_at"], "state = 'queued'"),
    ("leased_deliveries", "webhook_deliveries", ["lease_until"], "lease_until is not null"),
    ("deliveries_by_webhook", "webhook_deliveries", ["webhook_id", "id"], None),
    ("deliveries_by_end", "webhook_deliveries", ["finished_at"], None),
    ("job_webhooks_by_webhook", "job_webhooks", ["webhook_id"], None),
)


def upgrade() -> None:
    """Nothing that is there changes."""
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.String(length=400), nullable=True),
        sa.Column("jobs", sa.String(length=10), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("signing_key", sa.String(length=16), nullable=False),
        sa.Column("old_salt", sa.String(length=64), nullable=True),
        sa.Column("old_secret_until", _SECONDS, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("failing_since", _SECONDS, nullable=True),
        sa.Column("resume_at", _SECONDS, nullable=True),
        sa.Column("disabled_reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", _SECONDS, nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=True),
        sa.Column("finished_at", _SECONDS, nullable=True),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("webhook_id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("asked_at", _SECONDS, nullable=False),
        sa.Column("due_at", _SECONDS, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tried_at", _SECONDS, nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=True),
        sa.Column("response", sa.String(length=300), nullable=True),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.String(length=40), nullable=True),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", _SECONDS, nullable=True),
        sa.Column("cancel_requested_at", _SECONDS, nullable=True),
        sa.Column("published_at", _SECONDS, nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", _SECONDS, nullable=False),
        sa.Column("started_at", _SECONDS, nullable=True),
        sa.Column("finished_at", _SECONDS, nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "job_webhooks",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("webhook_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "webhook_id"),
    )
    for name, table, columns, condition in _INDEXES:
        where = None if condition is None else sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Undo it."""
    for name, table, _, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
    for table in ("job_webhooks", "webhook_deliveries", "webhooks"):
        op.drop_table(table)
