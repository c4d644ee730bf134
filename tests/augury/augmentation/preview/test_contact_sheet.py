"""Contact sheets: where everything is, that nothing is embellished, and what the worst case of a spec is."""

from __future__ import annotations

import io
import itertools
from typing import Any

import numpy as np
import pytest
from PIL import Image

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.preview.columns import Look, caption_of, choose, contact_sheet, random_columns, worst_columns
from augury.augmentation.preview.contact_sheet import (
    MAX_CELL_PIXELS,
    MIN_CELL_PIXELS,
    Cell,
    ContactSheet,
    Magnification,
    display_range,
    displayed,
)
from augury.augmentation.preview.worst_case import NEUTRAL, worst_cases

SHAPE = (10, 14, 3)
EVERYTHING = ImageDataGeneratorSpec(
    rotation_range=20,
    height_shift_range=0.2,
    width_shift_range=3,
    shear_range=5,
    zoom_range=0.5,
    horizontal_flip=True,
    vertical_flip=True,
    channel_shift_range=30,
    brightness_range=(0.5, 1.5),
)
Array = np.ndarray[Any, Any]


@pytest.fixture
def images() -> Array:
    """Four images of noise."""
    return np.random.default_rng(0).integers(0, 256, (4, *SHAPE), dtype=np.uint8)


def _look(scale: int = 5, *, show_parameters: bool = False) -> Look:
    return Look((0.0, 255.0), Magnification(up=scale), show_parameters)


def _random_sheet(images: Array, spec: ImageDataGeneratorSpec, look: Look, seed: int = 7) -> ContactSheet:
    pipeline, indices = Pipeline(spec), np.arange(len(images))
    columns = random_columns(pipeline, images.shape[1:], seed=seed, rounds=3, indices=indices)
    return contact_sheet(pipeline, images, [f"class {i}" for i in indices], columns, look)


def _cut_out(sheet: ContactSheet, row: int, column: int, scale: int = 5) -> Array:
    """A cell of the sheet in the image's own pixels."""
    pixels = np.asarray(sheet.image().crop(sheet.box(row, column)))
    assert (pixels == np.repeat(np.repeat(pixels[::scale, ::scale], scale, 0), scale, 1)).all()
    return pixels[::scale, ::scale]


def test_a_cell_has_its_images_size_times_the_scale(images: Array) -> None:
    """Whatever is written around it."""
    sheet = _random_sheet(images, EVERYTHING, _look(5, show_parameters=True))
    for row in range(4):
        for column in range(4):
            left, top, right, bottom = sheet.box(row, column)
            assert (bottom - top, right - left) == (50, 70)


@pytest.mark.parametrize("show_parameters", [False, True])
def test_cells_lie_in_a_grid_on_the_sheet_and_do_not_overlap(images: Array, show_parameters: bool) -> None:
    """Rows and columns are straight, with room for the captions below every image."""
    sheet = _random_sheet(images, EVERYTHING, _look(1, show_parameters=show_parameters))
    boxes = [[sheet.box(row, column) for column in range(4)] for row in range(4)]
    assert sheet.image().size == sheet.size
    for row in range(4):
        lefts = [box[0] for box in boxes[row]]
        assert lefts == [box[0] for box in boxes[0]]
        assert len({box[1] for box in boxes[row]}) == 1
        assert all(right <= left for (_, _, right, _), left in zip(boxes[row], lefts[1:], strict=False))
    lines = max(len(cell.caption) for cells in sheet.rows for cell in cells)
    for upper, lower in itertools.pairwise(boxes):
        assert lower[0][1] - upper[0][3] >= 10 * lines
    assert boxes[0][0][0] > 0
    assert boxes[-1][-1][2] < sheet.size[0]
    assert boxes[-1][-1][3] < sheet.size[1]


def test_the_first_column_shows_the_originals_unchanged(images: Array) -> None:
    """Pixel by pixel."""
    sheet = _random_sheet(images, EVERYTHING, _look())
    for row in range(4):
        assert (_cut_out(sheet, row, 0) == images[row]).all()
        assert sheet.rows[row][0].caption == (f"class {row}",)


def test_the_other_columns_show_what_the_pipeline_makes_of_the_draws(images: Array) -> None:
    """Each cell is the transform of its own parameters, and of nothing else."""
    pipeline, indices = Pipeline(EVERYTHING), np.array([3, 1])
    columns = random_columns(pipeline, SHAPE, seed=1, rounds=2, indices=indices)
    sheet = contact_sheet(pipeline, images[indices], ["a", "b"], columns, _look())
    for row, index in enumerate(indices):
        for number, column in enumerate(columns):
            expected = pipeline.apply_transform(images[index], column.draws.parameters(row))
            assert np.abs(_cut_out(sheet, row, number + 1) - np.clip(expected, 0, 255)).max() <= 0.51


def test_the_same_seed_gives_the_same_file_and_another_seed_another(images: Array) -> None:
    """Byte by byte."""
    first, again, other = (_random_sheet(images, EVERYTHING, _look(), seed).png() for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_draws_belong_to_the_image_and_not_to_its_row(images: Array) -> None:
    """Showing fewer images changes nothing about the ones that are still there."""
    pipeline = Pipeline(EVERYTHING)
    many = random_columns(pipeline, SHAPE, seed=1, rounds=1, indices=np.array([5, 9]))[0].draws
    alone = random_columns(pipeline, SHAPE, seed=1, rounds=1, indices=np.array([9]))[0].draws
    assert many.parameters(1) == alone.parameters(0)


def test_the_file_is_a_png_that_pillow_opens(images: Array) -> None:
    """With the size that was announced."""
    sheet = _random_sheet(images, EVERYTHING, _look())
    with Image.open(io.BytesIO(sheet.png())) as picture:
        picture.load()
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", sheet.size)


def test_names_of_any_length_are_cut_to_a_line(images: Array) -> None:
    """A folder may have been called anything."""
    pipeline = Pipeline(ImageDataGeneratorSpec())
    names = ["two\nlines", "x" * 10_000, "", "人\ud800\u0007"]
    sheet = contact_sheet(pipeline, images, names, [], _look())
    assert sheet.rows[0][0].caption == ("two lines",)
    assert sheet.size[0] < 200
    assert sheet.png()


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (8, 8, Magnification(up=8)),
        (64, 64, Magnification()),
        (63, 100, Magnification(up=2)),
        (1, 200, Magnification(up=2)),
        (256, 100, Magnification()),
        (257, 100, Magnification(down=2)),
        (2000, 3000, Magnification(down=12)),
    ],
)
def test_small_images_are_magnified_and_large_ones_shrunk(height: int, width: int, expected: Magnification) -> None:
    """In whole numbers, so that pixels stay pixels."""
    assert Magnification.fitting(height, width) == expected
    if max(height, width) < 4 * min(height, width):
        assert expected.of(min(height, width)) >= MIN_CELL_PIXELS / expected.down
        assert expected.of(max(height, width)) <= 2 * MAX_CELL_PIXELS


def test_a_shrunk_image_shows_the_mean_of_its_pixels() -> None:
    """Leaving pixels out instead would hide thin lines."""
    stripes = np.zeros((8, 8, 3), np.uint8)
    stripes[::2] = 100
    sheet = ContactSheet([["t"]], [[Cell(stripes)]], Magnification(down=2))
    assert (np.asarray(sheet.image().crop(sheet.box(0, 0))) == 50).all()


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("uint8", (10.0, 20.0), (0.0, 255.0)),
        ("uint16", (100.0, 4095.0), (100.0, 4095.0)),
        ("uint16", (7.0, 7.0), (7.0, 8.0)),
        ("float32", (0.0, 0.9), (0.0, 1.0)),
        ("float32", (0.0, 255.0), (0.0, 255.0)),
        ("float32", (-2.0, 3.0), (-2.0, 3.0)),
        ("float32", (0.0, 3000.0), (0.0, 3000.0)),
    ],
)
def test_values_are_shown_by_what_they_stand_for(
    dtype: str, values: tuple[float, float], expected: tuple[float, float]
) -> None:
    """8 bits as they are, 0-1 as 0-1, anything else from the smallest to the largest value."""
    assert display_range(dtype, values) == expected


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
def test_any_number_of_channels_can_be_shown(channels: int) -> None:
    """Three of them as colours, fewer as grey."""
    image = np.array([[[-5.0, 0.25, 1.0, 9.0, 1.0, 1.0, np.nan][:channels]]], np.float32)
    expected = [0, 64, 255] if channels >= 3 else [0, 0, 0]
    assert displayed(image, (0.0, 1.0))[0, 0].tolist() == expected


def test_images_are_chosen_from_as_many_classes_as_possible() -> None:
    """One of every class before a second one of any, in class order, each image once."""
    labels = np.array([0] * 90 + [1] * 5 + [2] * 5)
    chosen = choose(labels, 9, seed=3)
    assert labels[chosen].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert len(set(chosen.tolist())) == 9
    assert sorted(labels[choose(labels, 2, seed=3)]) == labels[choose(labels, 2, seed=3)].tolist()
    assert choose(labels, 64, seed=3).size == 64
    assert choose(labels[-3:], 64, seed=3).tolist() == [0, 1, 2]


def test_the_choice_depends_on_the_seed_only() -> None:
    """And not always on the first images of the dataset."""
    labels = np.repeat(np.arange(10), 100)
    assert (choose(labels, 8, 1) == choose(labels, 8, 1)).all()
    assert (choose(labels, 8, 1) != choose(labels, 8, 2)).any()


def _said(spec: dict[str, Any], shape: tuple[int, int, int] = (10, 20, 3)) -> list[tuple[str, str]]:
    return [(case.name, case.value) for case in worst_cases(ImageDataGeneratorSpec(**spec), shape)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"rescale": 1 / 255, "samplewise_center": True}, []),
        ({"rotation_range": 20}, [("rotation_range", "+20°"), ("rotation_range", "-20°")]),
        ({"rotation_range": 360}, [("rotation_range", "180°")]),
        ({"height_shift_range": 0.5}, [("height_shift_range", "+0.5 = +5 px"), ("height_shift_range", "-0.5 = -5 px")]),
        ({"width_shift_range": 0.5}, [("width_shift_range", "+0.5 = +10 px"), ("width_shift_range", "-0.5 = -10 px")]),
        ({"width_shift_range": 3.0}, [("width_shift_range", "+3 px"), ("width_shift_range", "-3 px")]),
        ({"width_shift_range": 3}, [("width_shift_range", "+2 px"), ("width_shift_range", "-2 px")]),
        ({"width_shift_range": 1}, []),
        ({"width_shift_range": [-4, 2]}, [("width_shift_range", "+4 px"), ("width_shift_range", "-4 px")]),
        ({"shear_range": 0.5}, [("shear_range", "+0.5°"), ("shear_range", "-0.5°")]),
        ({"zoom_range": 0.5}, [("zoom_range", v) for v in ("1.5 (out)", "x 1.5 y 0.5", "x 0.5 y 1.5", "0.5 (in)")]),
        ({"zoom_range": (0.8, 0.8)}, [("zoom_range", "0.8 (in)")]),
        ({"horizontal_flip": True}, [("horizontal_flip", "")]),
        ({"vertical_flip": True}, [("vertical_flip", "")]),
        ({"channel_shift_range": 30}, [("channel_shift_range", "+30"), ("channel_shift_range", "-30")]),
        ({"brightness_range": (0.8, 1.2)}, [("brightness_range", "1.2"), ("brightness_range", "0.8")]),
        ({"brightness_range": (1.1, 1.1)}, [("brightness_range", "1.1")]),
    ],
)
def test_a_transform_alone_has_a_case_for_each_of_its_limits(
    spec: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Both signs where it matters, and nothing for what is switched off."""
    assert _said(spec) == expected


def test_the_last_cases_are_all_transforms_together() -> None:
    """Once at their upper and once at their lower limits."""
    *_, upper, lower = worst_cases(EVERYTHING, SHAPE)
    assert (upper.name, upper.value, lower.value) == ("all together", "upper limits", "lower limits")
    assert upper.parameters == {
        "theta": 20.0, "tx": 2.0, "ty": 2.0, "shear": 5.0, "zx": 1.5, "zy": 1.5,
        "flip_horizontal": True, "flip_vertical": True, "channel_shift_intensity": 30.0, "brightness": 1.5,
    }  # fmt: skip
    assert lower.parameters == {
        "theta": -20.0, "tx": -2.0, "ty": -2.0, "shear": -5.0, "zx": 0.5, "zy": 0.5,
        "flip_horizontal": True, "flip_vertical": True, "channel_shift_intensity": -30.0, "brightness": 0.5,
    }  # fmt: skip


def test_transforms_without_opposite_limits_come_together_once() -> None:
    """Two equal columns would say nothing."""
    assert _said({"horizontal_flip": True, "vertical_flip": True})[2:] == [("all together", "upper limits")]


def test_no_draw_goes_beyond_the_worst_case() -> None:
    """The limits are those of the distributions that are drawn from."""
    cases = worst_cases(EVERYTHING, SHAPE)
    draws = Pipeline(EVERYTHING).draw(SHAPE, seed=0, epoch=0, indices=np.arange(2000))
    for name, neutral in NEUTRAL.items():
        shown = [case.parameters[name] for case in cases if case.parameters[name] not in (None, neutral)]
        drawn = [draws.parameters(index)[name] for index in range(2000)]
        assert min(shown) <= min(drawn) + 1e-9 or isinstance(neutral, bool)
        assert max(shown) >= max(drawn) - 1e-9
        if not isinstance(neutral, bool):
            assert max(drawn) - min(drawn) > 0.9 * (max(shown) - min(shown)), name


def test_the_worst_case_sheet_has_a_column_for_every_case(images: Array) -> None:
    """Titled with the parameter and its value, beside the originals, the same transform in all rows."""
    spec = ImageDataGeneratorSpec(horizontal_flip=True, channel_shift_range=20)
    pipeline = Pipeline(spec)
    columns = worst_columns(pipeline, SHAPE, len(images))
    sheet = contact_sheet(pipeline, images, list("abcd"), columns, _look())
    assert [" ".join(filter(None, title)) for title in sheet.titles] == [
        "original", "horizontal_flip", "channel_shift +20", "channel_shift -20",
        "all together upper limits", "all together lower limits",
    ]  # fmt: skip
    for row in range(4):
        assert (_cut_out(sheet, row, 1) == images[row][:, ::-1]).all()


def test_captions_say_what_was_drawn_and_nothing_else() -> None:
    """Shifts are called after the parameter of the spec that they come from."""
    drawn = NEUTRAL | {"theta": -12.34, "tx": 2.0, "zx": 1.25, "flip_vertical": True, "brightness": 0.8}
    assert list(caption_of(drawn)) == [
        "rotation -12.3°", "height shift +2.0 px", "vertical flip", "brightness 0.80", "zoom 1.25 x 1.00",
    ]  # fmt: skip
    assert list(caption_of(NEUTRAL)) == ["unchanged"]


def test_parameters_are_written_only_on_request(images: Array) -> None:
    """They take room."""
    plain = _random_sheet(images, EVERYTHING, _look())
    talkative = _random_sheet(images, EVERYTHING, _look(show_parameters=True))
    assert not any(cell.caption for cells in plain.rows for cell in cells[1:])
    assert all(cell.caption for cells in talkative.rows for cell in cells)
    assert talkative.size > plain.size
