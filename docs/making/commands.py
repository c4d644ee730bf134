"""The command line as a page, made of what ``augury --help`` says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from augury.cli.app import app
from docs.making.markdown import code, plain, table

PROGRAM = "augury"
HELP = "--help"


def commands(_: str) -> str:
    """A section for each command, in the order of ``augury --help``."""
    return "\n".join(_section(context) for context in contexts())


def contexts() -> Iterator[typer.Context]:
    """Of every command that does something; a context knows what its command is called."""
    return _below(typer.Context(get_command(app), info_name=PROGRAM))


def _below(context: typer.Context) -> Iterator[typer.Context]:
    children: dict[str, Any] = getattr(context.command, "commands", {})
    if not children or context.parent is None:
        yield context
    for name, child in children.items():
        yield from _below(typer.Context(child, info_name=name, parent=context))


def _section(context: typer.Context) -> str:
    command = context.command
    usage = command.get_usage(context).removeprefix("Usage: ")
    records = (each.get_help_record(context) for each in command.get_params(context) if HELP not in each.opts)
    rows = [(code(names), plain(meaning)) for names, meaning in filter(None, records)]
    parts = [f"## {context.command_path}", f"```text\n{usage}\n```", plain(command.help), table(["takes", "is"], rows)]
    return "\n\n".join(part for part in parts if part)
