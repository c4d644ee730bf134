"""One way to write a value as JSON, so that equal values have equal digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces; NaN and infinities are refused with ValueError."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def digest_of_parts(parts: Mapping[str, str]) -> str:
    """The digest of an object whose values are written already, by ``canonical_json``: large ones are written once."""
    inside = ",".join(f"{canonical_json(name)}:{parts[name]}" for name in sorted(parts))
    return hashlib.sha256(f"{{{inside}}}".encode()).hexdigest()
