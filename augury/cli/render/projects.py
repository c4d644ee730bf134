"""A project, its use of the service and its audit trail as tables for a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from api_schemas.access.audit import AuditTrail
from api_schemas.access.projects import Project
from api_schemas.access.usage import Usage
from augury.cli.render.tables import plain_table


def render_project(project: Project) -> RenderableType:
    """Its name and state, and a line for each thing that there is of it, that it may take, and that it keeps."""
    table = plain_table()
    for heading in ("what", "there is", "may be"):
        table.add_column(heading)
    limits, counts = project.limits.model_dump(), project.counts.model_dump()
    for name in [*counts, *(name for name in limits if name not in counts)]:
        there = _number(counts[name]) if name in counts else "-"
        table.add_row(_words(name), there, _number(limits.get(name), "any"))
    kept = [f"{_words(name)}: {days:g}" for name, days in project.retention if days is not None]
    retention = f"kept for {', '.join(kept)}" if kept else "what there is, is kept as long as the service keeps it"
    return Group(Text(f"{project.name}: {project.state}, since {project.created_at}"), table, Text(retention))


def render_usage(usage: Usage) -> RenderableType:
    """A line for each limit, and one for each day on which anything was trained."""
    limits, days = plain_table(), plain_table()
    for heading in ("what", "used", "limit", "counted anew"):
        limits.add_column(heading)
    for each in usage.limits:
        used = "-" if each.used is None else _number(each.used)
        limits.add_row(_words(each.name), used, _number(each.limit, "none"), each.resets_at or "-")
    for heading in ("day", "trials", "seconds of training"):
        days.add_column(heading)
    for day in usage.days:
        days.add_row(day.day, _number(day.trials), _number(day.training_seconds))
    trained: RenderableType = days if usage.days else Text("Nothing was trained on these days.")
    return Group(Text(f"project {usage.project}, {usage.at}"), limits, trained)


def render_audit(trail: AuditTrail) -> RenderableType:
    """A line for each entry."""
    if not trail.items:
        return Text("There is nothing of that on this page." if trail.next_cursor else "There is nothing of that.")
    table = plain_table()
    for heading in ("at", "who", "did", "to", "outcome", "times"):
        table.add_column(heading, overflow="fold")
    for each in trail.items:
        outcome = each.outcome if each.reason is None else f"{each.outcome}: {each.reason}"
        who = Text(each.key_id or each.subject or each.actor)
        table.add_row(each.at, who, each.action, Text(each.object_id or "-"), outcome, str(each.count))
    return table


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: float | None, none: str = "-") -> str:
    return none if value is None else f"{value:,.10g}"
