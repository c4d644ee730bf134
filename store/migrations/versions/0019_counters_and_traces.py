"""What is counted for those who run the service, and the trace of the request that a job came with."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_IS_LIVE = sa.text("state in ('queued', 'running')")


def upgrade() -> None:
    """Counting begins now: what has ended before is not in the sums."""
    series = (("name", sa.String(80)), ("label_values", sa.String(300)), ("bucket", sa.Integer()))
    sums = ("amount", "total")
    op.create_table(
        "counters",
        *(sa.Column(name, kind, nullable=False, primary_key=True) for name, kind in series),
        *(sa.Column(name, sa.Float(precision=53), nullable=False) for name in sums),
    )
    op.create_table(
        "counts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        *(sa.Column(name, kind, nullable=False) for name, kind in series),
        *(sa.Column(name, sa.Float(precision=53), nullable=False) for name in sums),
    )
    op.create_index(
        "live_trials", "trials", ["state", "queue", "created_at"], sqlite_where=_IS_LIVE, postgresql_where=_IS_LIVE
    )
    op.add_column("jobs", sa.Column("traceparent", sa.String(55), nullable=True))


def downgrade() -> None:
    """Undo it."""
    op.drop_column("jobs", "traceparent")
    op.drop_index("live_trials", "trials")
    op.drop_table("counts")
    op.drop_table("counters")
