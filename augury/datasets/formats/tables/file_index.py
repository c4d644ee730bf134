"""Which file a name in a manifest means: the one at that path; else the one anywhere whose path ends so.

Where there is none, what programs do to names on the way is undone: another extension, zeros lost from a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from posixpath import splitext

from api_schemas.datasets.references import ManifestColumns
from augury.datasets.containers.base import Member
from augury.datasets.errors import DatasetError
from augury.datasets.formats.data_files import IMAGE_SUFFIXES
from augury.datasets.formats.folders.names import folder_name

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_MAX_COMPONENTS = 4
"""Of a name that is the end of a path: there is a table of all members for each number."""
_MAX_CANDIDATES = 16
"""Of one name; where there are more, nothing tells them apart."""


class FileIndex:
    """The members by their paths, and by the ends of these with and without extensions.

    Each table of ends is made when it is first asked for, in one pass, so that no name is searched for.
    """

    def __init__(self, members: Sequence[Member], given: ManifestColumns | None) -> None:
        chosen = given or ManifestColumns()
        self._members = members
        self._by_name = {member.name: member for member in members}
        self._folders = {name.partition("/")[0] for name in self._by_name if "/" in name}
        self._directory = f"{chosen.directory.strip('/')}/" if chosen.directory else ""
        self._extension = f".{chosen.extension.removeprefix('.')}" if chosen.extension else ""
        self._ends: dict[int, dict[str, Member | list[Member]]] = {}
        self._taken: dict[str, tuple[str, str]] = {}
        """Names that were not those of the files that they were taken for, the first of each kind: kind -> both."""

    def find(self, name: str, folder: str, split: str | None) -> Member | None:
        """The file of a name in a manifest in *folder* (with a slash, or empty); *split* is what is said of the row.

        Raises:
            DatasetError: ``manifest.ambiguous_files``: several files could be meant.
        """
        full = self._full(name)
        candidates = self._exactly(full, folder)
        if not candidates:
            kind, candidates = self._altered(full)
            if len(candidates) == 1:
                self._taken.setdefault(kind, (name, candidates[0].name))
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        chosen = [member for member in candidates if split is not None and _says(member, split)]
        if len(chosen) != 1 or len(candidates) > _MAX_CANDIDATES:
            shown = " or ".join(repr(member.name[:100]) for member in candidates[:3])
            raise DatasetError(
                "manifest.ambiguous_files",
                f'{name[:100]!r} could be {shown}; name the folder as columns: {{"directory": ...}} in the reference',
            )
        return chosen[0]

    def hits(self, names: Iterable[str], folder: str) -> int:
        """How many of some names are a file's, or several files'."""
        return sum(bool(self._exactly(self._full(plain_name(name)), folder)) for name in names)

    def altered_hits(self, names: Iterable[str]) -> int:
        """How many of some names are a file's after another extension, or after zeros were lost."""
        return sum(bool(self._altered(self._full(plain_name(name)))[1]) for name in names)

    def notes(self) -> list[str]:
        """What a person should know of the names that were found, in sentences."""
        return [
            f"the manifest names files {kind}, e.g. {name[:100]!r}, which is taken for {found[:100]!r}"
            for kind, (name, found) in self._taken.items()
        ]

    def _full(self, name: str) -> str:
        return f"{self._directory}{name}{self._extension}"

    def _exactly(self, name: str, folder: str) -> list[Member]:
        at_path = self._by_name.get(folder + name) or self._by_name.get(self._without_wrapper(name))
        return [at_path] if at_path is not None else self._candidates(name)

    def _candidates(self, name: str) -> list[Member]:
        components = name.count("/") + 1
        if components > _MAX_COMPONENTS:
            return []
        if components not in self._ends:
            self._ends[components] = self._ends_of(components)
        found = self._ends[components].get(name, [])
        return found if isinstance(found, list) else [found]

    def _altered(self, name: str) -> tuple[str, list[Member]]:
        """The files that a name may have been before a program changed it, and in what words."""
        stem, suffix = splitext(name)
        if suffix.lower() in IMAGE_SUFFIXES and (found := self._candidates(stem)):
            return "with another extension than they have", found
        number = stem if suffix.lower() in IMAGE_SUFFIXES else name
        if _NUMBER.fullmatch(number):
            return "by numbers without the zeros before them", self._numbers.get(number.lstrip("0") or "0", [])
        return "", []

    @cached_property
    def _numbers(self) -> dict[str, list[Member]]:
        """Images that are called by a number, by that number without zeros before it."""
        numbers: dict[str, list[Member]] = {}
        for member in self._members:
            stem, suffix = splitext(member.name.rpartition("/")[2])
            if suffix.lower() in IMAGE_SUFFIXES and _NUMBER.fullmatch(stem):
                found = numbers.setdefault(stem.lstrip("0") or "0", [])
                found.extend([member] if len(found) <= _MAX_CANDIDATES else [])
        return numbers

    def _ends_of(self, components: int) -> dict[str, Member | list[Member]]:
        ends: dict[str, Member | list[Member]] = {}
        for member in self._members:
            end = "/".join(member.name.rsplit("/", components)[-components:])
            stem, suffix = splitext(end)
            for key in (end, stem) if suffix.lower() in IMAGE_SUFFIXES else (end,):
                found = ends.setdefault(key, member)
                if isinstance(found, list) and len(found) <= _MAX_CANDIDATES:
                    found.append(member)
                elif not isinstance(found, list) and found is not member:
                    ends[key] = [found, member]
        return ends

    def _without_wrapper(self, name: str) -> str:
        """A name without the folders around everything, which the contents do not show."""
        while "/" in name and name.partition("/")[0] not in self._folders:
            name = name.partition("/")[2]
        return name


def plain_name(cell: str) -> str:
    """A name as members have it: composed, with slashes, and without a dot before them."""
    return unicodedata.normalize("NFC", cell.replace("\\", "/")).removeprefix("./")


def _says(member: Member, split: str) -> bool:
    return any(folder_name(folder).role == split for folder in member.name.split("/")[:-1])
