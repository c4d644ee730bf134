"""Alembic's entry: runs the migrations over the connection that ``store.migrate`` hands in."""

from alembic import context

from store.rows import tables
from store.rows.access import tables as access_tables
from store.rows.access.session_tables import SessionRow
from store.rows.answers.tables import AnswerRow
from store.rows.audit.tables import AuditRow
from store.rows.base import Base
from store.rows.needs.tables import JobDatasetRow
from store.rows.projects.tables import ProjectRow
from store.rows.upkeep import tables as upkeep_tables
from store.rows.uploads.tables import UploadRow

_IN_MODULES = (
    tables.JobRow,
    access_tables.KeyRow,
    ProjectRow,
    SessionRow,
    AuditRow,
    AnswerRow,
    JobDatasetRow,
    upkeep_tables.DutyRow,
    UploadRow,
)
assert all(row.metadata is Base.metadata for row in _IN_MODULES), "all tables are in one place"

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
