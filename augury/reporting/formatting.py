"""Numbers, specs and verdicts in words, the same on every page.

Minus signs are U+2212, which screen readers say aloud; a hyphen they skip.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.reports.report import Difference, Report, Verdict
from api_schemas.training.metrics import metric_choice
from augury.wording import count, shortened, signed

UNKNOWN = "–"
MAX_NAME_LENGTH = 64
MAX_UNIT_LENGTH = 100
MAX_SENTENCE_LENGTH = 2000
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_NAMING = ("name", "id", "path", "url", "repository", "repo", "bucket")


@dataclass(frozen=True)
class Badge:
    """A verdict as a sign and a word, so that colour is never all there is."""

    sign: str
    word: str
    meaning: str


BADGES = {
    Verdict.HELPS: Badge("▲", "helps", "The whole interval lies above zero."),
    Verdict.HURTS: Badge("▼", "hurts", "The whole interval lies below zero."),
    Verdict.EQUIVALENT: Badge("=", "equivalent", "The whole interval lies within the difference that counts as none."),
    Verdict.INCONCLUSIVE: Badge("?", "inconclusive", "The interval is too wide to tell."),
}


def points(value: float | None) -> str:
    """Percentage points with a sign: +1.2."""
    if value is None:
        return UNKNOWN
    return signed(value).replace("-", "−")


def percent(fraction: float | None) -> str:
    """A fraction as a percentage: 93.9%."""
    return UNKNOWN if fraction is None else f"{round(100 * fraction, 1) + 0.0:.1f}%".replace("-", "−")


def ratio(value: float | None) -> str:
    """A plain number with two decimals."""
    return UNKNOWN if value is None else f"{value:.2f}".replace("-", "−")


def interval(low: float | None, high: float | None) -> str:
    """An interval in points: [+1.3, +3.1]."""
    return UNKNOWN if low is None or high is None else f"[{points(low)}, {points(high)}]"


def difference(measured: Difference | None) -> str:
    """A mean difference and its interval: +2.2 [+1.3, +3.1]."""
    return UNKNOWN if measured is None else f"{points(measured.mean)} {interval(measured.low, measured.high)}"


def difference_in_full(measured: Difference | None) -> str:
    """The same with its unit, its confidence and the number of seeds."""
    if measured is None:
        return "not measured: fewer than two seeds were finished by both arms"
    level = f"{round(100 * measured.confidence, 2):g}% interval"
    of_mean = f"{points(measured.mean)} points, {level} {interval(measured.low, measured.high)}"
    return f"{of_mean}, {count(len(measured.seeds), 'seed')}"


def unit(report: Report, *, is_one: bool = False) -> str:
    """What differences are in: points, with the metric's name where another than accuracy decided; or one of them."""
    words = plain(metric_choice(report.method.metric).unit, MAX_UNIT_LENGTH)
    several, _, of_what = words.partition(" ")
    return " ".join(filter(None, (several.removesuffix("s"), of_what))) if is_one else words


def value(setting: float | str | Sequence[float] | None) -> str:
    """A parameter's value as one would write it; booleans are on and off."""
    if setting is None:
        return "none"
    if isinstance(setting, bool):
        return "on" if setting else "off"
    if isinstance(setting, str):
        return plain(setting)
    if isinstance(setting, Sequence):
        return f"[{', '.join(map(value, setting))}]"
    return f"{setting:.4g}".replace("-", "−")


def seconds(duration: float | None) -> str:
    """A duration: 3.2 s, 4 min 10 s, 2 h 5 min."""
    if duration is None:
        return UNKNOWN
    if duration < 60:
        return f"{duration:.1f} s"
    minutes, left = divmod(round(duration), 60)
    return f"{minutes} min {left} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def visible(text: str) -> str:
    """*text* with a sign instead of each character that XML forbids, that controls a terminal or that turns lines."""
    if text.isascii() and text.isprintable():  # as nearly all are
        return text
    return "".join("�" if _is_hidden(each) else each for each in text)


def _is_hidden(character: str) -> bool:
    is_control = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character != "\n"
    is_turning = unicodedata.bidirectional(character) in _TURNING
    return is_control or is_turning or character in "\ufffe\uffff"


def plain(text: str, max_length: int = MAX_NAME_LENGTH) -> str:
    """A name from outside: visible characters on one line, at most *max_length* of them."""
    return shortened(visible(" ".join(text.split("\n"))), max_length)


def spec_json(spec: ImageDataGeneratorSpec) -> str:
    """The spec as one would send it: only what differs from the defaults, a parameter on each line."""
    settings = spec.model_dump(mode="json", exclude_defaults=True)
    lines = [f"  {json.dumps(name)}: {json.dumps(setting)}" for name, setting in settings.items()]
    return "{\n" + ",\n".join(lines) + "\n}" if lines else "{}"


def dataset_name(report: Report) -> str:
    """The dataset as the request named it: ``digits (builtin)``; else the beginning of its digest."""
    reference = report.provenance.request.get("dataset")
    if isinstance(reference, dict):
        named = next((reference[field] for field in _NAMING if isinstance(reference.get(field), str)), None)
        if named is not None:
            return f"{plain(named)} ({plain(str(reference.get('kind', 'dataset')))})"
    return f"dataset {report.provenance.dataset_digest[:12]}"


def date(report: Report) -> str:
    """When the report was made: 2026-01-31 12:00 UTC."""
    return f"{report.created_at[:16].replace('T', ' ')} UTC"
