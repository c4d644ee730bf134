"""The figures: small, theme-able, readable as text, and the same each time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from api_schemas.reports.evidence import ParameterEffect
from augury.reporting.plots import figures
from augury.reporting.plots.curves import MAX_POINTS, band_of
from augury.reporting.plots.forest import forest
from augury.reporting.plots.palette import properties
from augury.reporting.plots.picture import Picture
from augury.reporting.plots.stylesheet import rules
from tests.augury.reporting import samples

WHY = samples.full().candidates[0].why
assert WHY is not None
CROWDED = samples.crowded(candidates=20, classes=200)
PICTURES: dict[str, Callable[[], Picture | None]] = {
    "forest": lambda: forest(samples.full()),
    "accuracy": lambda: figures.accuracy(samples.full()),
    "learning": lambda: figures.learning(samples.full()),
    "doses": lambda: figures.dose_response(WHY),
    "classes": lambda: figures.classes(WHY),
    "confusions": lambda: figures.confusions(WHY),
    "crowded-forest": lambda: forest(CROWDED),
    "crowded-accuracy": lambda: figures.accuracy(CROWDED),
    "crowded-learning": lambda: figures.learning(CROWDED),
    "hostile-learning": lambda: figures.learning(samples.hostile()),
}
of_every_picture = pytest.mark.parametrize("name", PICTURES)


def drawn(name: str) -> Picture:
    """The picture, which is there."""
    picture = PICTURES[name]()
    assert picture is not None
    return picture


@of_every_picture
def test_a_figure_is_small_named_and_follows_the_theme(name: str) -> None:
    """Valid XML below 50 kB, with a name, text that is text, and every colour by a class of the stylesheet."""
    picture = drawn(name)
    root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
    assert len(picture.svg) < 50_000
    title, described = root.findtext("title"), root.findtext("desc")
    assert (root.attrib["role"], f"{title}: {described}") == ("img", picture.alternative)
    assert list(root.iter("text"))
    assert not {"style", "id", "fill", "stroke"} & {key for each in root.iter() for key in each.attrib}
    classes = {one for each in root.iter() for one in each.attrib.get("class", "").split()}
    assert classes <= set(re.findall(r"\.([a-z0-9-]+)", rules()))


def test_what_the_rules_colour_with_is_declared() -> None:
    """Every custom property that they name is a colour of the palette, or one that the page or they themselves set."""
    named, own = set(re.findall(r"var\(--([a-z0-9-]+)", rules())), {"plot-own", "plot-paper", "paper"}
    assert named - own <= set(properties())


def test_a_figure_is_the_same_each_time() -> None:
    """Drawing it again gives the same bytes."""
    assert drawn("doses").svg == drawn("doses").svg


def test_the_alternatives_say_the_numbers() -> None:
    """Who cannot see the figure still learns what it shows."""
    assert "over hurts, −78.2 [−81.0, −75.4]" in drawn("forest").alternative
    assert "baseline 93.9%" in drawn("accuracy").alternative
    assert "rotation_range falls to 74.0% at 90, safe: 22.5" in drawn("doses").alternative
    assert "6 → 9 0.0% to 17.0%" in drawn("confusions").alternative
    assert "and 9 more" in drawn("crowded-forest").alternative


def test_a_forest_has_the_recommendation_hollow_and_verdicts_in_their_colours_and_words() -> None:
    """What was trained on fresh seeds is told apart from what was compared, and a verdict looks as everywhere else."""
    picture = drawn("forest")
    assert "recommended helps, +2.9" in picture.alternative
    assert "Hollow: on fresh seeds." in picture.caption
    rows = re.findall(r'class="plot-value"[^>]*>([^<]+)</text>.*?class="plot-(hollow|filled)".*?</g></g>', picture.svg)
    assert rows == [
        ("▼ hurts −78.2", "filled"), ("? inconclusive −0.8", "filled"), ("▲ helps +2.2", "filled"),
        ("= equivalent +0.0", "filled"), ("▲ helps +2.9", "hollow"),
    ]  # fmt: skip
    assert re.findall(r'<g class="plot-([a-z]+)">', picture.svg) == [
        "hurts", "inconclusive", "helps", "equivalent", "helps"
    ]  # fmt: skip


def test_nothing_measured_is_no_figure() -> None:
    """Instead of empty axes."""
    report, nothing = samples.minimal(), samples.why([], [], classes=0).model_copy(update={"flips": []})
    assert forest(report) is figures.accuracy(report) is figures.learning(report) is None
    assert figures.dose_response(nothing) is figures.classes(nothing) is figures.confusions(nothing) is None


def test_the_safe_value_is_marked_where_it_was_measured() -> None:
    """A dashed line for each parameter that has one; shear's is at its full value, the flip has no dose."""
    assert drawn("doses").svg.count("plot-safe") == 4


def test_mathematics_in_names_stays_text() -> None:
    """A class may be called like a formula that does not parse."""
    flips = samples.hostile().candidates[0].why
    assert flips is not None
    picture = figures.confusions(flips)
    assert picture is not None
    assert "$\\frac{" in picture.svg


def test_a_candidate_has_one_colour_in_all_its_figures() -> None:
    """That of its place in the request; the baseline has its own, as has an arm that is no candidate's."""
    report = samples.full()
    assert figures.series_of(report) == {"over": 1, "appropriate": 2, "targeted": 3, "scaled": 4}
    arms = re.findall(r'<g class="([a-z0-9-]+)">', drawn("accuracy").svg)
    assert arms == [
        "plot-reference", "plot-series-1", "plot-accent", "plot-series-2", "plot-series-3", "plot-accent",
        "plot-series-4", "plot-accent",
    ]  # fmt: skip
    curves = re.findall(r'<g class="([a-z0-9-]+)">', drawn("learning").svg)
    assert curves == [each for number in range(1, 5) for each in ("plot-reference", f"plot-series-{number}")]
    doses = figures.dose_response(WHY, 3)
    assert doses is not None
    assert set(re.findall(r"plot-series-\d", doses.svg)) == {"plot-series-3"}


def test_a_band_spans_the_seeds_that_got_so_far() -> None:
    """A trial that diverged has no values after that, and takes the others' none away."""
    arm = samples.troubled().arms[1]
    others = samples.full().arms[1].per_seed
    band = band_of(arm.model_copy(update={"per_seed": [*arm.per_seed, *others]}))
    assert band.epochs == list(range(1, samples.EPOCHS + 1))
    assert all(low <= mean <= high for low, mean, high in zip(band.low, band.mean, band.high, strict=True))
    assert band.mean[-1] == pytest.approx(
        100 * sum(seed.curves.validation_accuracy[-1] or 0 for seed in others) / len(others)
    )


def test_long_trainings_are_thinned_out() -> None:
    """A thousand epochs give a hundred points, and the last one is kept."""
    seed = samples.full().arms[0].per_seed[0]
    curve = [epoch / 1000 for epoch in range(1000)]
    long = seed.model_copy(update={"curves": seed.curves.model_copy(update={"validation_accuracy": curve})})
    band = band_of(samples.full().arms[0].model_copy(update={"per_seed": [long]}))
    assert len(band.epochs) <= MAX_POINTS + 1
    assert (band.epochs[0], band.epochs[-1]) == (1, 1000)


@pytest.mark.parametrize(
    ("parameter", "value", "safe", "fraction"),
    [
        ("rotation_range", 90.0, 18.0, 0.2),
        ("zoom_range", 0.5, 0.25, 0.5),
        ("zoom_range", [0.5, 1.5], [0.75, 1.25], 0.5),
        ("brightness_range", [0.2, 1.2], [0.6, 1.1], 0.5),
        ("width_shift_range", [-4.0, 4.0], [-1.0, 1.0], 0.25),
        ("horizontal_flip", True, True, 1.0),
        ("horizontal_flip", True, None, None),
    ],
)
def test_the_safe_value_is_marked_at_its_strength(
    parameter: str, value: Any, safe: Any, fraction: float | None
) -> None:
    """Wherever it lies between the doses."""
    effect = ParameterEffect(
        parameter=parameter, value=value, affinity=0.5, low=0.4, high=0.6, damage_share=1.0, dose_response=[],
        safe_value=safe, no_effect=False, worst_classes=[],
    )  # fmt: skip
    assert figures.safe_fraction_of(effect) == pytest.approx(fraction)
