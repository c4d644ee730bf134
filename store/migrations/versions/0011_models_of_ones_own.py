"""Models with weights that clients register, to be trained further."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLE = "registered_models"
_UPLOADED = sa.text("upload_sha256 is not null")
_LIVE = sa.text("state not in ('failed', 'deleted')")


def upgrade() -> None:
    """Nothing that is there changes."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, server_default=""),
        sa.Column("upload_sha256", sa.String(length=64), nullable=True),
        sa.Column("reference_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("progress", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("purged_at", sa.Float(precision=53), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.String(length=40), nullable=True),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", sa.Float(precision=53), nullable=True),
        sa.Column("cancel_requested_at", sa.Float(precision=53), nullable=True),
        sa.Column("published_at", sa.Float(precision=53), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("started_at", sa.Float(precision=53), nullable=True),
        sa.Column("finished_at", sa.Float(precision=53), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_live_model_per_reference", _TABLE, ["reference_digest"], unique=True,
        sqlite_where=_LIVE, postgresql_where=_LIVE,
    )  # fmt: skip
    op.create_index("registered_models_by_state", _TABLE, ["state", "created_at"])
    op.create_index("registered_models_by_digest", _TABLE, ["digest"])
    op.create_index("registered_models_by_reference", _TABLE, ["reference_digest", "id"])
    op.create_index(
        "registered_models_by_upload", _TABLE, ["upload_sha256"],
        sqlite_where=_UPLOADED, postgresql_where=_UPLOADED,
    )  # fmt: skip


def downgrade() -> None:
    """Undo it."""
    for name in (
        "registered_models_by_reference",
        "registered_models_by_upload",
        "registered_models_by_digest",
        "registered_models_by_state",
        "one_live_model_per_reference",
    ):
        op.drop_index(name, table_name=_TABLE)
    op.drop_table(_TABLE)
