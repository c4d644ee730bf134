"""What it takes to show images to a trained model, measured beside the work, for the plans of later jobs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from augury.memory import forget_peak, peak_bytes
from augury.planning.trial_definition import TrialDefinition


def measured(definition: TrialDefinition, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The result of the work, which has its number of images, with what ``store.rows.needs.costs`` reads of it.

    Args:
        definition: of the trial whose model is shown images.
        work: to be done in this process.
    """
    forget_peak()
    began = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - began
    return result | {"like": definition.inference(), "seconds": seconds, "memory_bytes": peak_bytes()}
