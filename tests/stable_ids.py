"""Names of parametrised cases, the same in every process: pytest-xdist compares them."""

from __future__ import annotations

import re


def without_addresses(value: object) -> str:
    """The value's text, with no function's or object's address in it."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))
