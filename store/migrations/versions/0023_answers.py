"""What jobs have answered, in a line each. Those that are over by now get theirs from the sweep."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing that is there changes."""
    op.create_table(
        "job_answers",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("dataset", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("metric", sa.String(length=300), nullable=False),
        sa.Column("verdicts", sa.String(length=60), server_default="", nullable=False),
        sa.Column("best", sa.Float(precision=53), nullable=True),
        sa.Column("worst", sa.Float(precision=53), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id"),
    )
    op.create_index("answers_by_dataset", "job_answers", ["project_id", "dataset"])
    op.create_index("answers_by_model", "job_answers", ["project_id", "model"])
    op.create_index("answers_by_metric", "job_answers", ["project_id", "metric"])
    op.create_index("answers_by_best", "job_answers", ["project_id", "best", "job_id"])
    op.create_index("answers_by_worst", "job_answers", ["project_id", "worst", "job_id"])


def downgrade() -> None:
    """Undo it: all of it can be read from reports again."""
    op.drop_table("job_answers")
