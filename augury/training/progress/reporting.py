"""Telling a monitor how far a trial is: within an epoch, too, where epochs are long."""

from __future__ import annotations

import time
from collections.abc import Callable

from augury.monitor import WorkMonitor
from augury.training.progress.amount import Amount

REPORT_SECONDS = 3.0
"""Within an epoch not more often; where epochs are shorter, nothing is said but their ends."""
_MIN_CALLS = 2
"""The first call of a stage sets up what later ones find, and says little about them."""


class TrialProgress:
    """What has been done of a trial, at what pace, and so how long all of it takes.

    Args:
        monitor: hears of it.
        amount: how much there is to do.
        clock: seconds; the trial is taken to begin now.
    """

    def __init__(self, monitor: WorkMonitor, amount: Amount, clock: Callable[[], float] = time.perf_counter) -> None:
        self._monitor, self._amount, self._clock = monitor, amount, clock
        self._began = self._reported_at = clock()
        self._epoch = self._images = self._calls = self._timed_images = 0
        self._timed_seconds, self._forward_share, self._is_last_stage = 0.0, 1.0, True
        self._features_left, self._feature_seconds = 0, 0.0

    def begin_stage(self, forward_share: float, *, is_last: bool) -> None:
        """Steps take another time from now on, and looking at an image that share of a step on it.

        What a later stage will take is not known before it has begun, so nothing is foretold until the last one has.
        """
        self._forward_share, self._is_last_stage = forward_share, is_last
        self._calls = self._timed_images = self._features_left = 0
        self._timed_seconds = self._feature_seconds = 0.0
        self._report_if_due()

    def note_steps(self, images: int, seconds: float) -> None:
        """One call has trained on so many images."""
        self._images += images
        self._calls += 1
        if self._calls >= _MIN_CALLS:
            self._timed_images += images
            self._timed_seconds += seconds
        self._report_if_due()

    def note_features(self, images: int, seconds: float) -> None:
        """A frozen part has taken so many seconds for the features of so many images; every image gets its own once.

        Called beside the training, from the thread that makes features.
        """
        self._features_left, self._feature_seconds = max(0, self._amount.different - images), seconds / images
        self._report_if_due()

    def end_epoch(self) -> None:
        """All of an epoch's images were trained on, and those that are watched looked at."""
        self._epoch, self._images = self._epoch + 1, 0
        self._report()

    @property
    def expected_seconds(self) -> float | None:
        """Of the whole trial, from its beginning on; None as long as nothing that is telling was timed."""
        if not self._is_last_stage or not self._timed_images:
            return None
        pace = self._timed_seconds / self._timed_images
        left = self._amount.trained_left(self._epoch, self._images)
        looked_at = self._amount.looked_at_left(self._epoch)
        return (
            self._clock()
            - self._began
            + pace * (left + self._forward_share * looked_at)
            + self._feature_seconds * self._features_left
        )

    def _report_if_due(self) -> None:
        if self._clock() - self._reported_at >= REPORT_SECONDS:
            self._report()

    def _report(self) -> None:
        self._reported_at = self._clock()
        expected = self.expected_seconds
        self._monitor.report_progress(
            epoch=self._epoch,
            batch=-(-self._images // self._amount.batch_size),
            batches=self._amount.batches,
            expected_seconds=None if expected is None else round(expected, 1),
        )
