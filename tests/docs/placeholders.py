"""What guides leave out with dots, filled in with something that has the right shape."""

from __future__ import annotations

import re

_ID = re.compile(r"\b(ds|model|wh|job|key|trial|upload)_(?:[0-9a-f]{8})?…")
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def filled(text: str) -> str:
    """The *text* with whole ids and digests."""
    return _ID.sub(lambda found: f"{found[1]}_{'0' * 32}", text).replace("9f86…", _DIGEST)
