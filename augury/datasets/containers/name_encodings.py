"""The encoding of an archive's names where the archive does not say it.

Zips of Windows, and tars of old systems, have names in whatever encoding their system used. UTF-8 shows itself: other
text is next to never valid UTF-8. Of the others that one is taken whose language makes all names of the archive
together most likely (``writing_systems``). Names must be decoded before they are split: the second byte of a
character in Shift-JIS, GBK or Big5 may be a backslash's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from augury.datasets.containers import writing_systems as written
from augury.datasets.containers.writing_systems import RARE, WritingSystem

MAX_WEIGHED_BYTES = 1 << 16
"""Of names that are weighed, in every encoding: a guess does not get better by more."""
_MAX_NAMES_SHOWN = 3
_CANDIDATES: dict[str, tuple[str, WritingSystem, float]] = {
    "gb18030": ("GBK", written.CHINESE, 0.0),
    "cp932": ("Shift-JIS", written.JAPANESE, 0.0),
    "cp949": ("EUC-KR", written.KOREAN, 0.0),
    "cp950": ("Big5", written.TRADITIONAL_CHINESE, 0.0),
    "euc_jp": ("EUC-JP", written.JAPANESE, -2.0),
    "cp437": ("CP437", written.WESTERN, 0.0),
    "cp850": ("CP850", written.WESTERN, -0.1),
    "cp1252": ("Windows-1252", written.WESTERN, -0.1),
    "cp866": ("CP866", written.CYRILLIC, 0.0),
    "cp1251": ("Windows-1251", written.CYRILLIC, -0.1),
    "koi8_r": ("KOI8-R", written.CYRILLIC, -1.0),
    "cp852": ("CP852", written.CENTRAL_EUROPEAN, -1.0),
    "cp1250": ("Windows-1250", written.CENTRAL_EUROPEAN, -1.0),
    "iso8859_2": ("ISO 8859-2", written.CENTRAL_EUROPEAN, -2.0),
    "cp857": ("CP857", written.TURKISH, -2.0),
    "cp1254": ("Windows-1254", written.TURKISH, -2.0),
    "cp737": ("CP737", written.GREEK, -1.0),
    "cp1253": ("Windows-1253", written.GREEK, -1.0),
    "cp862": ("CP862", written.HEBREW, -1.0),
    "cp1255": ("Windows-1255", written.HEBREW, -1.0),
    "cp1256": ("Windows-1256", written.ARABIC, -1.0),
    "cp874": ("Windows-874", written.THAI, -1.0),
}
"""By Python's name: the usual name, the language, and how much less likely it is than others, in nats."""
_LETTER, _DIGIT, _OTHER = math.log(0.7 / 26), math.log(0.2 / 10), math.log(0.02 / 30)
_ODD = _OTHER - 4  # quotes, control characters and the like, and a backslash beside slashes
_UNUSUAL_ORDER = -4.0
_FINAL = frozenset("ςםןךףץ")  # letters as they are written at the end of a word


@dataclass(frozen=True, slots=True)
class RawName:
    """A name as it stands in an archive."""

    raw: bytes
    text: str | None = None
    """The same as text, where the archive itself says it."""


@dataclass(frozen=True)
class DecodedNames:
    """Names as text with forward slashes, in their order."""

    names: list[str]
    notes: list[str]
    """In sentences, what was guessed."""


def decode_names(given: Sequence[RawName], container: str) -> DecodedNames:
    """The text of all names, where the archive does not say it by a guess; *container* is for sentences: "zip"."""
    unknown = list(dict.fromkeys(name.raw for name in given if name.text is None and not name.raw.isascii()))
    encoding = "utf-8" if all(utf_8_text(raw) is not None for raw in unknown) else likeliest_encoding(unknown)
    texts = [name.raw.decode(encoding, "replace") if name.text is None else name.text for name in given]
    notes = [] if encoding == "utf-8" else [_guess_note(container, encoding, unknown)]
    if any("\\" in text for text in texts):
        if any("/" in text for text in texts):
            example = next(text for text in texts if "\\" in text)
            notes.append(f"backslashes in the {container}'s names were read as separators of folders, e.g. {example!r}")
        texts = [text.replace("\\", "/") for text in texts]
    return DecodedNames(texts, notes)


def utf_8_text(raw: bytes) -> str | None:
    """Bytes as text where they are valid UTF-8; otherwise None."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _guess_note(container: str, encoding: str, raw: Sequence[bytes]) -> str:
    shown = ", ".join(repr(name.decode(encoding, "replace")) for name in raw[:_MAX_NAMES_SHOWN])
    return (
        f"the {container} does not say in which encoding its names are; they look like {_CANDIDATES[encoding][0]}, and "
        f"were read so, e.g. {shown}; if that is wrong, pack it again with names in UTF-8"
    )


def likeliest_encoding(raw: Iterable[bytes]) -> str:
    """Python's name of the encoding that makes all names together most likely; CP437, the zip's own, if none can."""
    words = _distinct_words(raw)
    weights = {encoding: _weight_of(words, encoding) for encoding in _CANDIDATES}
    best = max(weights, key=lambda encoding: weights[encoding])
    return best if weights[best] > -math.inf else "cp437"


def _distinct_words(raw: Iterable[bytes]) -> list[bytes]:
    """Parts between slashes, each once, that are not ASCII; a slash is never part of a character in any of them."""
    words: dict[bytes, None] = {}
    total = 0
    for name in raw:
        for word in name.split(b"/"):
            if word.isascii() or word in words:
                continue
            words[word] = None
            total += len(word)
            if total > MAX_WEIGHED_BYTES:
                return list(words)
    return list(words)


def _weight_of(words: Sequence[bytes], encoding: str) -> float:
    _, system, prior = _CANDIDATES[encoding]
    try:
        texts = [word.decode(encoding) for word in words]
    except UnicodeDecodeError:
        return -math.inf
    return prior + sum(_text_weight(text, system) for text in texts)


def _text_weight(text: str, system: WritingSystem) -> float:
    weight = sum(_ascii_weight(one) if one.isascii() else system.weight(one) for one in text)
    return weight + sum(_pair_weight(before, after, system) for before, after in pairwise(text))


def _pair_weight(before: str, after: str, system: WritingSystem) -> float:
    weight = _UNUSUAL_ORDER if (after.isupper() and before.islower()) or (before in _FINAL and after.isalpha()) else 0.0
    if before.isascii() == after.isascii():
        return weight if before.isascii() else weight + system.after_own
    return weight + (system.beside_latin if before.isalpha() and after.isalpha() else 0.0)


@cache
def _ascii_weight(character: str) -> float:
    if character.isalpha():
        return _LETTER
    if character.isdigit():
        return _DIGIT
    return _OTHER if character in " -_.,()+&\\" else max(_ODD, RARE)
