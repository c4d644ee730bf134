"""Projects have limits, a retention and an end; what they take is counted, and what is done is written down."""

import math
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_DAYS = ("keep_jobs_days", "keep_datasets_days", "keep_models_days")
_READ = ("datasets", "registered_models")
_INDEXES = (
    ("datasets_there", "datasets", ["project_id"], "state <> 'deleted'"),
    ("registered_models_there", "registered_models", ["project_id"], "state <> 'deleted'"),
    ("live_jobs_by_project", "jobs", ["project_id", "trials_reserved"], "finished_at is null"),
    ("unfinished_trials", "trials", ["project_id"], "state in ('queued', 'running')"),
    ("tombstones_by_project", "tombstones", ["project_id"], "project_id is not null"),
)
_BYTES_OF = {"uint8": 1, "uint16": 2, "float32": 4}
_NEVER = "the audit trail is never changed"


def upgrade() -> None:
    """Nobody gets a limit by it. What is stored already is counted as far as its rows tell."""
    op.add_column("projects", sa.Column("state", sa.String(length=10), nullable=False, server_default="active"))
    op.add_column("projects", sa.Column("limits", sa.JSON(none_as_null=True), nullable=True))
    for name in _DAYS:
        op.add_column("projects", sa.Column(name, sa.Float(precision=53), nullable=True))
    for table in (*_READ, "jobs"):
        op.add_column(table, sa.Column("stored_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    for table in _READ:
        op.add_column(table, sa.Column("used_at", sa.Float(precision=53), nullable=True))
    op.add_column("jobs", sa.Column("trials_reserved", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("tombstones", sa.Column("project_id", sa.String(length=40), nullable=True))
    for name, table, columns, only in _INDEXES:
        where = sa.text(only)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    _make_tables()
    _never_change("audit_events")
    _count_what_is_stored()


def _make_tables() -> None:
    op.create_table(
        "usage_days",
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("trials", sa.BigInteger(), nullable=False),
        sa.Column("training_seconds", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "day"),
    )
    op.create_table(
        "stored_bytes",
        sa.Column("project_id", sa.String(length=40), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id"),
    )
    op.create_table(
        "audit_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=40), nullable=True),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("actor", sa.String(length=10), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.String(length=100), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_events_by_project", "audit_events", ["project_id", "id"])
    op.create_index("audit_events_by_time", "audit_events", ["at"])


def _never_change(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"create trigger {table}_stay before update on {table} begin select raise(abort, '{_NEVER}'); end")
        return
    op.execute(
        f"create function {table}_stay() returns trigger language plpgsql as "
        f"$$ begin raise exception '{_NEVER}'; end $$"
    )
    op.execute(f"create trigger {table}_stay before update on {table} for each row execute function {table}_stay()")


def _count_what_is_stored() -> None:
    connection = op.get_bind()
    sums: dict[str, int] = {}
    for table, column, size_of in (
        ("datasets", "facts", _bytes_of_images),
        ("registered_models", "facts", lambda facts: int(facts.get("bytes", 0))),
        ("jobs", "artifacts", lambda files: sum(int(each.get("bytes", 0)) for each in files.values())),
    ):
        names = ("id", "project_id", "stored_bytes", "state")
        rows = sa.table(table, *map(sa.column, names), sa.column(column, sa.JSON(none_as_null=True)))
        there = sa.select(rows.c.id, rows.c.project_id, rows.c[column])
        found = connection.execute(there.where(rows.c[column].is_not(None), rows.c.state != "deleted")).all()
        for row_id, project, said in found:
            size = size_of(said) if isinstance(said, dict) else 0
            connection.execute(sa.update(rows).where(rows.c.id == row_id).values(stored_bytes=size))
            sums[project] = sums.get(project, 0) + size
    counted = sa.table("stored_bytes", sa.column("project_id"), sa.column("bytes"))
    for project, size in sums.items():
        connection.execute(sa.insert(counted).values(project_id=project, bytes=size))


def _bytes_of_images(facts: dict[str, Any]) -> int:
    return int(facts["images"]) * math.prod(facts["shape"]) * _BYTES_OF.get(facts["dtype"], 1)


def downgrade() -> None:
    """Undo it. A project that is being deleted would be taken for one that is not, so that there must be none."""
    deleting = sa.text("select count(*) from projects where state <> 'active'")
    if op.get_bind().execute(deleting).scalar_one():
        raise RuntimeError("a project is being deleted; go back once that is done")
    for table in ("audit_events", "stored_bytes", "usage_days"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("drop function audit_events_stay()")
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table_name=table)
    op.drop_column("tombstones", "project_id")
    op.drop_column("jobs", "trials_reserved")
    for table in _READ:
        op.drop_column(table, "used_at")
    for table in (*_READ, "jobs"):
        op.drop_column(table, "stored_bytes")
    for name in (*_DAYS, "limits", "state"):
        op.drop_column("projects", name)
