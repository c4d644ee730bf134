"""``python -m store keys …``: what only who has the database may do, first of all the first key."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from api_schemas.access.keys import PROJECT_SCOPES, SCOPES, Key, KeyRequest
from store import migrate, project_commands
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows.access import keys, projects
from store.rows.audit import trail

_MAX_LISTED = 200


def add_to(commands: Any) -> None:
    """Add these commands to the parser's."""
    of_keys = commands.add_parser("keys", help="make, list and revoke keys").add_subparsers(dest="what", required=True)
    create = _command(of_keys, "create", _create_key, "make a key and print it, once")
    create.add_argument("name", help="to know it again by")
    create.add_argument("--scope", action="append", choices=SCOPES, help="what it may; default: all but metrics")
    create.add_argument("--days", type=float, help="after which it ends; default: never")
    revoke = _command(of_keys, "revoke", _revoke_key, "have a key work no more")
    revoke.add_argument("id", help="key_…, as listed")
    for each in (create, revoke, _command(of_keys, "list", _list_keys, "list a project's keys, newest first")):
        each.add_argument("--project", default=DEFAULT_PROJECT, help=f"whose; default: {DEFAULT_PROJECT}")
    project_commands.add_to(commands)


def _command(parent: Any, name: str, run: Callable[..., None], says: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = parent.add_parser(name, help=says)
    command.set_defaults(run=run)
    return command


def run(database: Database, arguments: argparse.Namespace) -> int:
    """Do what was asked for; the exit code."""
    try:
        migrate.make_ready(database)
        arguments.run(database, arguments)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        print(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", file=sys.stderr)
        return 2
    except (ValueError, LookupError, migrate.SchemaNotReadyError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _create_key(database: Database, arguments: argparse.Namespace) -> None:
    scopes = arguments.scope or list(PROJECT_SCOPES)
    request = KeyRequest(name=arguments.name, scopes=scopes, expires_in_days=arguments.days, replaces=None)
    with database.writing() as session:
        projects.require_active(session, arguments.project)
        now = database.now(session)
        made = keys.create(session, arguments.project, request, now)
        trail.append(session, arguments.project, trail.OPERATOR, "create_key", now, made.row.id)
    print(f"{made.row.id} of project {arguments.project}; this is shown once:", file=sys.stderr)
    print(made.text)  # alone on stdout, to be piped to where it is kept


def _list_keys(database: Database, arguments: argparse.Namespace) -> None:
    with database.reading() as session:
        projects.require_known(session, arguments.project)
        now = database.now(session)
        found = keys.page(session, arguments.project, now, limit=_MAX_LISTED, cursor=None)
    for key in found.items:
        print(_line(key))


def _line(key: Key) -> str:
    ends = key.expires_at or "never"
    used = key.last_used_at or "never"
    return f"{key.id}  {key.state:7}  {','.join(key.scopes):25}  ends {ends}  used {used}  {key.name}"


def _revoke_key(database: Database, arguments: argparse.Namespace) -> None:
    with database.writing() as session:
        row = keys.find(session, arguments.project, arguments.id)
        if row is None:
            raise LookupError(f"project {arguments.project} has no key {arguments.id}")
        now = database.now(session)
        keys.revoke(row, now)
        trail.append(session, arguments.project, trail.OPERATOR, "revoke_key", now, row.id)
    print(f"{arguments.id}: revoked")
