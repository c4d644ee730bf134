"""What datasets are looked for by is a column, not a member of their references."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_DATASETS = sa.table(
    "datasets",
    sa.column("id", sa.String),
    sa.column("reference", sa.JSON),
    sa.column("kind", sa.String),
    sa.column("upload_sha256", sa.String),
)
_PAGE = 500


def upgrade() -> None:
    """The columns get what the references say."""
    op.add_column("datasets", sa.Column("kind", sa.String(length=20), nullable=False, server_default=""))
    op.add_column("datasets", sa.Column("upload_sha256", sa.String(length=64), nullable=True))
    _fill()
    op.create_index("datasets_by_kind", "datasets", ["kind", "id"])
    only = sa.text("upload_sha256 is not null")
    op.create_index("datasets_by_upload", "datasets", ["upload_sha256"], sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    """Undo it."""
    op.drop_index("datasets_by_upload", table_name="datasets")
    op.drop_index("datasets_by_kind", table_name="datasets")
    op.drop_column("datasets", "upload_sha256")
    op.drop_column("datasets", "kind")


def _fill() -> None:
    connection, last = op.get_bind(), ""
    while True:
        page = sa.select(_DATASETS.c.id, _DATASETS.c.reference).where(_DATASETS.c.id > last)
        rows = connection.execute(page.order_by(_DATASETS.c.id).limit(_PAGE)).all()
        for dataset_id, reference in rows:
            checksum = reference["sha256"] if reference["kind"] == "upload" else None
            columns = {"kind": reference["kind"], "upload_sha256": checksum}
            connection.execute(_DATASETS.update().where(_DATASETS.c.id == dataset_id).values(columns))
        if len(rows) < _PAGE:
            return
        last = rows[-1].id
