"""Groups that an issuer or a proxy names, and what those who are in them may do in which project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from api_schemas.access.keys import SCOPES, Scope
from store.rows.access.projects import ProjectNameError, require_name

EVERYBODY = "*"
"""The group of all whom the issuer, or the proxy, lets in."""
MAX_GROUPS = 1_000
"""Of one person; directories of large firms name a few hundred."""

Memberships = Mapping[str, frozenset[Scope]]
"""What somebody may, by project."""


class SettingError(ValueError):
    """A setting of who may come in is missing, or cannot be read; the text names it."""


@dataclass(frozen=True)
class GroupTable:
    """What the groups of the operator's table may, e.g. ``doctors=clinic:read+submit``."""

    rows: tuple[tuple[str, str, frozenset[Scope]], ...]

    @classmethod
    def parse(cls, entries: Iterable[str]) -> GroupTable:
        """Of entries ``group=project:scope+scope``; one without scopes gives ``read`` and ``submit``.

        Raises:
            SettingError: an entry is none.
        """
        return cls(tuple(_row(entry.strip()) for entry in entries if entry.strip()))

    def projects(self, groups: Iterable[str] | None = None) -> list[str]:
        """Those that these *groups* are given, or any are, in the order of the table; whether or not they are there."""
        own = None if groups is None else {EVERYBODY, *groups}
        return list(dict.fromkeys(project for group, project, _ in self.rows if own is None or group in own))

    def memberships(self, groups: Iterable[str], projects: Iterable[str]) -> Memberships:
        """What somebody in these *groups* may, of the *projects* that there are."""
        own, there = {EVERYBODY, *groups}, set(projects)
        found: dict[str, frozenset[Scope]] = {}
        for group, project, scopes in self.rows:
            if group in own and project in there:
                found[project] = found.get(project, frozenset()) | scopes
        return found

    def known(self, groups: Iterable[str]) -> list[str]:
        """Those of *groups* that the table has: the others need not be kept."""
        return sorted({group for group, _, _ in self.rows} & set(groups))


NO_GROUPS = GroupTable(())
"""Of an operator who gives groups nothing."""


def _row(entry: str) -> tuple[str, str, frozenset[Scope]]:
    group, equals, given = entry.rpartition("=")
    project, _, names = given.partition(":")
    if not equals or not group.strip():
        raise SettingError(f"AUGURY_GROUPS: {entry!r} is not group=project:scope+scope")
    try:
        require_name(project.strip())
    except ProjectNameError as error:
        raise SettingError(f"AUGURY_GROUPS: {entry!r}: {error}") from error
    return group.strip(), project.strip(), _scopes(entry, names)


def _scopes(entry: str, names: str) -> frozenset[Scope]:
    asked = {name.strip() for name in (names or "read+submit").split("+")}
    if not asked <= set(SCOPES):
        raise SettingError(f"AUGURY_GROUPS: {entry!r}: the scopes are {', '.join(SCOPES)}, with + between them")
    return frozenset(scope for scope in SCOPES if scope in asked)
