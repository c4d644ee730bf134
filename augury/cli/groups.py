"""Commands that are grouped under a noun: ``augury datasets add``, ``augury models list``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from augury.cli import datasets, keys, models
from augury.cli.project import webhooks

_GROUPS: dict[str, tuple[str, dict[str, Callable[..., None]]]] = {
    "datasets": ("Send images to the service, and look at them there.", datasets.COMMANDS),
    "keys": ("Say who may come into your project.", keys.COMMANDS),
    "webhooks": ("Have addresses told of what happens in your project.", webhooks.COMMANDS),
    "models": ("Send models with their weights to the service, to train them further.", models.COMMANDS),
}


def add_groups(app: typer.Typer, wrap: Callable[[Any], Any]) -> None:
    """Add every group to the command line, with *wrap* around each of its commands."""
    for noun, (says, commands) in _GROUPS.items():
        group = typer.Typer(help=says, no_args_is_help=True)
        app.add_typer(group, name=noun)
        for name, command in commands.items():
            group.command(name)(wrap(command))
