"""Numbers, names and lists in words, where sentences, pages and the command line write them alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def signed(value: float) -> str:
    """Percentage points with a sign and one decimal: +1.2."""
    return f"{round(value, 1) + 0.0:+.1f}"  # adding zero turns -0.0 into 0.0


def count(number: int, noun: str, nouns: str | None = None) -> str:
    """A number with its noun in the right form; *nouns* is for those that take no s."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"


def listed(items: Sequence[str], max_items: int) -> str:
    """The first *max_items*, and how many more there are: a, b and 3 more."""
    more = f" and {len(items) - max_items} more" if len(items) > max_items else ""
    return ", ".join(items[:max_items]) + more


def joined(parts: Sequence[str]) -> str:
    """One, two or more things as a person lists them: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def shortened(text: str, max_length: int) -> str:
    """*text*, with an ellipsis for what goes beyond *max_length* characters."""
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def source_of(reference: Mapping[str, Any]) -> str:
    """Where a dataset comes from, as it could be typed for ``augury datasets add``."""
    kind = reference.get("kind")
    sources = {
        "builtin": f"builtin:{reference.get('name')}",
        "upload": f"sha256:{reference.get('sha256')}",
        "path": f"path:{reference.get('path')}",
        "url": str(reference.get("url")),
        "s3": f"s3://{reference.get('bucket')}/{reference.get('key')}",
        "gs": f"gs://{reference.get('bucket')}/{reference.get('key')}",
        "huggingface": f"hf://{reference.get('repository')}",
    }
    return sources.get(str(kind), str(kind))
