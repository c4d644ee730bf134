"""``python -m store projects …`` and ``audit``: what projects may take and keep, their end, and who did what."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from api_schemas.access.audit import AuditEntry
from api_schemas.access.limits import LIMIT_NAMES, Limits
from api_schemas.access.projects import ProjectState, Retention
from store.database import Database
from store.rows.access import projects
from store.rows.audit import trail
from store.rows.projects.tables import ProjectRow

_OFF, _AS_OF_ALL = "none", "default"
_KEPT = tuple(Retention.model_fields)
_MAX_ENTRIES = 200


def add_to(commands: Any) -> None:
    """Add these commands to the parser's."""
    of_projects = commands.add_parser("projects", help="make, limit, list and delete projects")
    of_projects = of_projects.add_subparsers(dest="what", required=True)
    create = _command(of_projects, "create", _create, "make a project")
    _command(of_projects, "list", _list, "list projects, with what they may take and keep")
    limit = _command(of_projects, "limit", _limit, "say what a project may take; without a number, show it")
    for name in LIMIT_NAMES:
        says = f"{Limits.model_fields[name].description} {_OFF}: no limit; {_AS_OF_ALL}: as the service is set"
        limit.add_argument(_option(name), metavar="N", help=says)
    keep = _command(of_projects, "keep", _keep, "say for how long a project keeps what it has")
    for name in _KEPT:
        says = f"{Retention.model_fields[name].description} {_OFF}: for ever"
        keep.add_argument(_option(name), metavar="N", help=says)
    delete = _command(of_projects, "delete", _delete, "delete a project with all that it has; nothing brings it back")
    for each in (create, limit, keep, delete):
        each.add_argument("name", help="what it is called")
    audit = _command(commands, "audit", _audit, "show who did what, newest first")
    audit.add_argument("--project", help="whose; default: what was tried without a key, and the ends of projects")
    audit.add_argument("--limit", type=int, default=50, help="how many entries; default: 50")


def _command(parent: Any, name: str, run: Callable[..., None], says: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = parent.add_parser(name, help=says)
    command.set_defaults(run=run)
    return command


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _create(database: Database, arguments: argparse.Namespace) -> None:
    with database.writing() as session:
        now = database.now(session)
        is_new = projects.create(session, arguments.name, now)
        if is_new:
            trail.append(session, arguments.name, trail.OPERATOR, "create_project", now, arguments.name)
    print(f"{arguments.name}: {'made' if is_new else 'is there already'}")


def _list(database: Database, _arguments: argparse.Namespace) -> None:
    with database.reading() as session:
        print("\n".join(_line(row) for row in projects.every(session)))


def _line(row: ProjectRow) -> str:
    of_row = {**(row.limits or {}), **{name: days for name, days in projects.retention_of(row) if days is not None}}
    said = [] if row.state == ProjectState.ACTIVE else [row.state]
    said += [f"{name}={_OFF if value is None else f'{value:g}'}" for name, value in of_row.items()]
    return "  ".join([row.id, *said])


def _limit(database: Database, arguments: argparse.Namespace) -> None:
    given = {name: getattr(arguments, name) for name in LIMIT_NAMES if getattr(arguments, name) is not None}
    as_of_all = [name for name, value in given.items() if value == _AS_OF_ALL]
    own = {name: _number(name, value) for name, value in given.items() if value != _AS_OF_ALL}
    with database.writing() as session:
        row = projects.require_active(session, arguments.name)
        if given:
            projects.limit(row, own, as_of_all=as_of_all)
            trail.append(session, row.id, trail.OPERATOR, "limit_project", database.now(session), row.id)
        print(_line(row))


def _keep(database: Database, arguments: argparse.Namespace) -> None:
    given = {name: getattr(arguments, name) for name in _KEPT if getattr(arguments, name) is not None}
    with database.writing() as session:
        row = projects.require_active(session, arguments.name)
        if given:
            projects.keep(row, {name: _number(name, value) for name, value in given.items()})
            trail.append(session, row.id, trail.OPERATOR, "keep_project", database.now(session), row.id)
        print(_line(row))


def _number(name: str, text: str) -> float | None:
    if text == _OFF:
        return None
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{_option(name)}: got {text!r}, expected a number, or {_OFF}") from None
    return int(value) if value.is_integer() else value


def _delete(database: Database, arguments: argparse.Namespace) -> None:
    with database.writing() as session:
        now = database.now(session)
        projects.require_known(session, arguments.name)
        is_new = projects.begin_deletion(session, arguments.name)
        if is_new:
            trail.append(session, None, trail.OPERATOR, "delete_project", now, arguments.name)
    print(
        f"{arguments.name}: {'is being deleted' if is_new else 'is being deleted already'} by the control worker; "
        "`projects list` has it until that is done"
    )


def _audit(database: Database, arguments: argparse.Namespace) -> None:
    limit = max(1, min(arguments.limit, _MAX_ENTRIES))
    with database.reading() as session:
        if arguments.project is not None:
            projects.require_known(session, arguments.project)
        found = trail.page(session, arguments.project, trail.AuditFilter(), limit=limit, cursor=None)
    for entry in found.items:
        print(_entry(entry))


def _entry(entry: AuditEntry) -> str:
    who = (entry.key_id or entry.subject or entry.actor).encode("unicode_escape").decode()  # a person may say anything
    outcome = entry.outcome if entry.reason is None else f"{entry.outcome} ({entry.reason})"
    times = f" x{entry.count}" if entry.count > 1 else ""
    return f"{entry.at}  {who}  {entry.action}  {entry.object_id or '-'}  {outcome}{times}"
