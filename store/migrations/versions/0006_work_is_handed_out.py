"""What the handing out of work looks at: a job's kind of worker, its priority, when it was served; and who is there."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_JOBS = sa.table("jobs", sa.column("id", sa.String), sa.column("request", sa.JSON), sa.column("queue", sa.String))


def upgrade() -> None:
    """Jobs that are there keep the kind of worker that they asked for, and are as urgent as most."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("queue", sa.String(length=20), nullable=False, server_default="cpu"))
        jobs.add_column(sa.Column("priority", sa.String(length=10), nullable=False, server_default="normal"))
        jobs.add_column(sa.Column("served_at", sa.Float(precision=53), nullable=True))
    connection = op.get_bind()
    for job_id, request in connection.execute(sa.select(_JOBS.c.id, _JOBS.c.request)).all():
        device = (request or {}).get("device", "cpu")
        if device != "cpu":
            connection.execute(_JOBS.update().where(_JOBS.c.id == job_id).values(queue=device))
    op.create_index("job_trials_by_seed", "job_trials", ["job_id", "seed", "arm"])
    op.create_table(
        "workers_seen",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("seen_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("kind"),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("workers_seen")
    op.drop_index("job_trials_by_seed", table_name="job_trials")
    with op.batch_alter_table("jobs") as jobs:
        for name in ("served_at", "priority", "queue"):
            jobs.drop_column(name)
