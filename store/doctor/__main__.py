"""``python -m store.doctor``: prints what it finds as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from api_schemas.service.doctor import Finding, warning
from augury.datasets.settings import IngestSettings
from store.doctor.examining import answer, read_settings, versions
from store.doctor.places import examine_places
from store.doctor.rows import examine_rows
from store.settings import StoreSettings


def examine() -> Iterator[Finding]:
    """Everything that the service and the workers share."""
    yield from versions("store")
    settings, faults = read_settings(StoreSettings)
    yield from faults
    yield from read_settings(IngestSettings)[1]
    if settings is not None:
        yield from contradictions(settings)
        yield from examine_places(settings)
        yield from examine_rows(settings)


def contradictions(settings: StoreSettings) -> Iterator[Finding]:
    """Settings each of which may be, and which do not go together."""
    if settings.sweep_seconds > settings.lease_seconds:
        says = (
            f"AUGURY_SWEEP_SECONDS is {settings.sweep_seconds:g} and AUGURY_LEASE_SECONDS {settings.lease_seconds:g}: "
            "lost work waits longer to be found than it takes to be lost"
        )
        yield warning("settings", says, "sweep at least as often as leases end; the defaults are 5 and 15")
    if settings.republish_seconds < settings.sweep_seconds:
        says = (
            f"AUGURY_REPUBLISH_SECONDS is {settings.republish_seconds:g}, and jobs are looked for every "
            f"{settings.sweep_seconds:g} seconds only (AUGURY_SWEEP_SECONDS)"
        )
        yield warning("settings", says, "raise the first, or lower the second")


if __name__ == "__main__":
    sys.exit(answer(examine, StoreSettings, IngestSettings))
