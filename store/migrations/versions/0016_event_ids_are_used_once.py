"""Ids of events are used once: on SQLite that of the newest one came again after it was deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INDEXES = {"events_by_job": ["job_id", "id"], "events_by_project": ["project_id", "id"]}


def upgrade() -> None:
    """SQLite can say so only of a new table; PostgreSQL's ids come from a sequence."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.create_table(
        "job_events_anew",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "insert into job_events_anew (id, project_id, job_id, at, type, data) "
        "select id, project_id, job_id, at, type, data from job_events"
    )
    op.drop_table("job_events")
    op.rename_table("job_events_anew", "job_events")
    for name, columns in _INDEXES.items():
        op.create_index(name, "job_events", columns)


def downgrade() -> None:
    """Nothing: the version before reads and writes it as it did."""
