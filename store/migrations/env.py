"""Alembic's entry: runs the migrations over the connection that ``store.migrate`` hands in."""

from alembic import context

from store.rows import tables
from store.rows.base import Base
from store.rows.needs.tables import JobDatasetRow
from store.rows.upkeep import tables as upkeep_tables

assert tables.JobRow.metadata is upkeep_tables.DutyRow.metadata is JobDatasetRow.metadata is Base.metadata, (
    "all tables are in one place"
)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
