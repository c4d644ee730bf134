"""Which file a name in a manifest means: the one at that path; else the one anywhere whose path ends so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from posixpath import splitext

from api_schemas.datasets.references import ManifestColumns
from augury.datasets.containers.base import Member
from augury.datasets.errors import DatasetError
from augury.datasets.formats.data_files import IMAGE_SUFFIXES
from augury.datasets.formats.folders.names import folder_name

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
        self._ends: dict[int, dict[str, list[Member]]] = {}

    def find(self, name: str, folder: str, split: str | None) -> Member | None:
        """The file of a name in a manifest in *folder* (with a slash, or empty); *split* is what is said of the row.

        Raises:
            DatasetError: ``manifest.ambiguous_files``: several files could be meant.
        """
        full = f"{self._directory}{name}{self._extension}"
        at_path = self._by_name.get(folder + full) or self._by_name.get(self._without_wrapper(full))
        if at_path is not None:
            return at_path
        candidates = self._candidates(full)
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
        return sum(self._is_one(name, folder) for name in names)

    def _is_one(self, name: str, folder: str) -> bool:
        try:
            return self.find(name, folder, None) is not None
        except DatasetError:
            return True

    def _candidates(self, name: str) -> list[Member]:
        components = name.count("/") + 1
        if components not in self._ends:
            self._ends[components] = self._ends_of(components)
        return self._ends[components].get(name, [])

    def _ends_of(self, components: int) -> dict[str, list[Member]]:
        ends: dict[str, list[Member]] = {}
        for member in self._members:
            end = "/".join(member.name.rsplit("/", components)[-components:])
            stem, suffix = splitext(end)
            for key in (end, stem) if suffix.lower() in IMAGE_SUFFIXES else (end,):
                found = ends.setdefault(key, [])
                if len(found) <= _MAX_CANDIDATES:
                    found.append(member)
        return ends

    def _without_wrapper(self, name: str) -> str:
        """A name without the folders around everything, which the contents do not show."""
        while "/" in name and name.partition("/")[0] not in self._folders:
            name = name.partition("/")[2]
        return name


def _says(member: Member, split: str) -> bool:
    return any(folder_name(folder).role == split for folder in member.name.split("/")[:-1])
