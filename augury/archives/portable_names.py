"""Names of folders that every system can make: Windows, macOS and Linux, on any usual file system."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

MAX_NAME_BYTES = 100
"""Of UTF-8. File systems take 255, encrypted ones 143, and Windows 260 characters of a whole path."""
_KEPT = frozenset(" ._-")
_NUMBERED = [f"{device}{number}" for device in ("com", "lpt") for number in range(10)]
RESERVED = frozenset({"con", "prn", "aux", "nul", "conin", "conout", "clock", *_NUMBERED})
"""What Windows takes for a device, whatever follows a dot."""


def portable_names(names: Sequence[str], taken: frozenset[str] = frozenset()) -> list[str]:
    """A name for each of *names*, distinct on file systems that ignore case or the form of letters.

    Where two would be the same, or nothing is left of one, all get their number in front. *taken* are names, in lower
    case, that something else has already.
    """
    safe = [_portable(name, taken) for name in names]
    if all(safe) and len({_folded(name) for name in safe}) == len(safe):
        return safe
    return [_portable(f"{number}_{name}", taken) for number, name in enumerate(_cleaned(name) for name in names)]


def _portable(name: str, taken: frozenset[str]) -> str:
    cleaned = _cleaned(name)
    stem = _folded(cleaned.split(".")[0].rstrip(" "))
    if stem in RESERVED or _folded(cleaned) in taken:
        cleaned = f"_{cleaned}"
    return _shortened(cleaned)


def _cleaned(name: str) -> str:
    composed = unicodedata.normalize("NFC", name)
    return "".join(each if _is_kept(each) else "_" for each in composed).strip(" .")


def _is_kept(character: str) -> bool:
    return character.isalnum() or character in _KEPT or unicodedata.category(character).startswith("M")


def _shortened(name: str) -> str:
    return name.encode()[:MAX_NAME_BYTES].decode(errors="ignore").rstrip(" .")


def _folded(name: str) -> str:
    """Equal for names that some file system takes for the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
