"""``python -m store``: bring the database's schema up to date, and say who may come in."""

from __future__ import annotations

import argparse
import os
import sys
import time

from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from augury.private_files import OWNER_ONLY_UMASK, close_data_directory
from store import access_commands, migrate
from store.database import Database
from store.settings import StoreSettings


def main() -> int:
    """Run a command; 0 when what was asked for is so afterwards."""
    parser = argparse.ArgumentParser(prog="python -m store", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    migrate_command = commands.add_parser("migrate", help="bring the database's schema up to date")
    migrate_command.add_argument("--patience", type=float, default=60.0, help="seconds to wait for the database")
    access_commands.add_to(commands)
    arguments = parser.parse_args()
    settings = StoreSettings()
    os.umask(OWNER_ONLY_UMASK)
    close_data_directory(settings.data_dir)
    url = settings.resolved_database_url
    if arguments.command != "migrate":
        return access_commands.run(Database(url), arguments)
    return _migrate(url, arguments.patience)


def _migrate(url: str, patience_seconds: float) -> int:
    """0 when the schema is current afterwards."""
    shown = make_url(url).render_as_string(hide_password=True)
    give_up_at = time.monotonic() + patience_seconds
    while True:
        try:
            migrate.upgrade(Database(url))
        except OperationalError as error:
            if time.monotonic() > give_up_at:
                print(f"cannot reach {shown}: {error.orig}", file=sys.stderr)
                return 1
            time.sleep(1)
        else:
            print(f"{shown} is up to date")
            return 0


if __name__ == "__main__":
    sys.exit(main())
