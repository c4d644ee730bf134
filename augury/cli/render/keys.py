"""Keys as a table for a terminal."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from api_schemas.access.keys import KeyList
from augury.cli.render.tables import plain_table


def render_keys(found: KeyList) -> RenderableType:
    """A line for each key."""
    if not found.items:
        return Text("There are no keys.")
    table = plain_table()
    table.add_column("id", no_wrap=True)  # to be copied
    for heading in ("state", "may", "ends", "last used", "name"):
        table.add_column(heading, overflow="fold")
    for key in found.items:
        ends, used = (moment or "never" for moment in (key.expires_at, key.last_used_at))
        table.add_row(key.id, key.state, ", ".join(key.scopes), ends, used, Text(key.name))
    return table
