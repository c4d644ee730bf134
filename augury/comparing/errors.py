"""What a comparison on this machine can fail with."""

from __future__ import annotations

from augury.errors import AuguryError


class ComparisonFailedError(AuguryError):
    """A comparison could not be carried out; the text says why."""
