"""What a report says of arms that were trained on views which are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from api_schemas.reports.report import Report
from tests.augury.evidence.comparisons import do_nothing_comparison, report_of

HEAD = {"digest": "a" * 64, "head": {}, "trainable": "head"}


def _report(model: dict[str, Any]) -> Report:
    return report_of(*do_nothing_comparison(np.random.default_rng(0), 1), model=model)


@pytest.mark.parametrize(("views", "said"), [(1, "one augmented view"), (4, "4 augmented views")])
def test_a_report_says_how_much_of_an_augmentation_was_seen(views: int, said: str) -> None:
    """In its summary, with a pointer to what was asked for."""
    report = _report(HEAD | {"feature_views": views})
    (cause,) = [cause for cause in report.summary if "feature_views" in cause.text]
    assert f"arms that augment see {said} of each image" in cause.text
    found: Any = report.model_dump(mode="json")
    for part in cause.evidence.split("/")[1:]:
        found = found[part]
    assert found["feature_views"] == views


def test_a_report_on_ever_new_views_says_nothing_of_them() -> None:
    """Which is what everybody expects."""
    assert not any("view" in cause.text for cause in _report(HEAD).summary)
