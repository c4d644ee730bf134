"""Files that nobody needs any more: named in the transaction that gives them up, and deleted after it."""

from __future__ import annotations

import pytest

from store.rows.upkeep import tombstones
from store.rows.upkeep.tables import TombstoneRow
from workers.context import Context
from workers.maintenance import needless_files

NAMES = ("jobs/job_a", "jobs/job_b")


def _bury(context: Context, *names: str) -> None:
    for name in names:
        context.artifacts.write(f"{name}/report.json", b"{}")
    with context.database.writing() as session:
        tombstones.bury(session, names, context.database.now(session))


def _buried(context: Context) -> dict[str, int]:
    with context.database.reading() as session:
        return {row.name: row.attempts for row in session.query(TombstoneRow)}


def _there(context: Context) -> list[str]:
    return [name for name in NAMES if context.artifacts.exists(name)]


def test_a_buried_folder_is_deleted_with_all_in_it(context: Context) -> None:
    """And its tombstone goes with it."""
    _bury(context, *NAMES)
    needless_files.delete(context)
    assert (_there(context), _buried(context)) == ([], {})


def test_what_a_crash_left_is_found_by_its_tombstone(context: Context) -> None:
    """It may have been deleted just before; nothing comes of that."""
    _bury(context, *NAMES)
    context.artifacts.delete(NAMES[0])
    needless_files.delete(context)
    assert (_there(context), _buried(context)) == ([], {})


def test_what_cannot_be_deleted_holds_up_no_other_and_is_tried_again_later(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bucket that refuses one name; not at once again, and not for ever without a word."""
    _bury(context, *NAMES)
    delete = context.artifacts.delete

    def refuse_one(name: str) -> None:
        if name == NAMES[0]:
            raise PermissionError(name)
        delete(name)

    monkeypatch.setattr(context.artifacts, "delete", refuse_one)
    needless_files.delete(context)
    needless_files.delete(context)
    assert _there(context) == [NAMES[0]]
    assert _buried(context) == {NAMES[0]: 1}
    monkeypatch.undo()
    with context.database.writing() as session:
        session.get_one(TombstoneRow, NAMES[0]).due_at = context.database.now(session)
    needless_files.delete(context)
    assert (_there(context), _buried(context)) == ([], {})


def test_a_name_that_is_needed_again_is_dug_up(context: Context) -> None:
    """Unless it is just being deleted: then whoever needs it has to store it once more."""
    _bury(context, *NAMES)
    with context.database.writing() as session:
        now = context.database.now(session)
        assert tombstones.dig_up(session, NAMES[0], now)
        assert tombstones.begin(session, NAMES[1], now)
        assert not tombstones.dig_up(session, NAMES[1], now)
        assert tombstones.dig_up(session, "never/buried", now)
    needless_files.delete(context)
    assert _there(context) == list(NAMES), "one was dug up, the other is in another worker's hands"
