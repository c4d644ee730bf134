"""Channels are what their files say: 16 bits stay 16, a fourth band is opacity only where it is called so."""

from __future__ import annotations

import struct
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from api_schemas.datasets.references import ImageOptions
from augury.datasets.images.decoder import Decoded, UnusableImageError
from augury.datasets.images.opacity import background_of, lay_array
from augury.datasets.images.resize import fit_array
from augury.datasets.images.target_shape import Kind, Shape
from tests.augury.datasets.images.image_files import chunk, png_16, tiff
from tests.augury.datasets.makers import LIMITS, encoded, folder_of, pixels, read, refused, stored

UNSPECIFIED, ASSOCIATED, UNASSOCIATED = 0, 1, 2


def whole(content: bytes, channels: int, dtype: Any = np.uint16) -> tuple[Kind, Any]:
    """Kind and pixels of a file in its own size."""
    image = Decoded(content, LIMITS, None)
    return image.kind, image.pixels(Shape(image.height, image.width, channels, np.dtype(dtype)))


@pytest.mark.parametrize("row_filter", [0, 1, 2])
@pytest.mark.parametrize(("channels", "kind"), [(3, Kind.COLOUR_16), (4, Kind.ALPHA_16)])
def test_pngs_of_16_bit_colour_keep_every_bit(channels: int, kind: Kind, row_filter: int) -> None:
    """With and without opacity, whatever filter their rows have."""
    deep = pixels(shape=(7, 9, channels), dtype=np.uint16)
    found, given_back = whole(png_16(deep, row_filter=row_filter), channels)
    assert found == kind
    np.testing.assert_array_equal(given_back, deep)


def test_pngs_of_16_bit_grey_with_opacity_keep_every_bit() -> None:
    """As grey in three channels beside the opacity."""
    deep = pixels(shape=(7, 9, 2), dtype=np.uint16)
    found, given_back = whole(png_16(deep), 4)
    assert found == Kind.ALPHA_16
    np.testing.assert_array_equal(given_back, deep[..., [0, 0, 0, 1]])


@pytest.mark.parametrize("channels", [1, 3])
def test_a_transparent_colour_of_16_bits_is_opacity(channels: int) -> None:
    """Where all 16 bits agree, and not where the upper 8 do."""
    deep = np.full((2, 2, channels), 0x1234, np.uint16)
    deep[0, 0] = 0x1235
    content = png_16(deep, chunk(b"tRNS", struct.pack(">H", 0x1234) * channels))
    found, given_back = whole(content, 4)
    assert found == Kind.ALPHA_16
    assert given_back[..., 3].tolist() == [[0xFFFF, 0], [0, 0]]


def test_16_bit_colour_among_8_bits_becomes_8_with_a_warning(tmp_path: Path) -> None:
    """65535 becomes 255, and the number of such images is said."""
    deep = pixels(shape=(8, 8, 3), dtype=np.uint16)
    files = {"a/1.png": png_16(deep), "a/2.png": encoded(pixels(1)), "b/3.png": encoded(pixels(2))}
    snapshot = read(folder_of(tmp_path / "given", files))
    np.testing.assert_array_equal(stored(snapshot)[0], np.rint(deep / 257))
    assert "1 images have 16 bits and others have 8: all were stored with 8" in snapshot.facts.warnings


def test_grey_and_coloured_images_of_16_bits_keep_them_together(tmp_path: Path) -> None:
    """As 16-bit colour."""
    grey, colour = (pixels(shape=(8, 8, channels), dtype=np.uint16) for channels in (1, 3))
    snapshot = read(folder_of(tmp_path / "given", {"a/1.png": png_16(grey), "b/2.png": png_16(colour)}))
    np.testing.assert_array_equal(stored(snapshot), [np.repeat(grey, 3, axis=-1), colour])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("is_separate", "is_packed"), [*product([False, True], [False, True])])
def test_tiffs_give_the_bands_that_they_have(dtype: Any, order: str, is_separate: bool, is_packed: bool) -> None:
    """In either byte order, band by band or pixel by pixel, plain or packed: every bit, and what the fourth band is."""
    layout = {"order": order, "is_separate": is_separate, "is_packed": is_packed}
    deep, is_deep = pixels(shape=(8, 7, 5), dtype=dtype), dtype == np.uint16
    kinds = {
        (3, None): Kind.COLOUR_16 if is_deep else Kind.COLOUR,
        (4, None): Kind.BANDS_16 if is_deep else Kind.BANDS,
        (4, UNSPECIFIED): Kind.BANDS_16 if is_deep else Kind.BANDS,
        (4, UNASSOCIATED): Kind.ALPHA_16 if is_deep else Kind.ALPHA,
    }
    for (bands, extra), kind in kinds.items():
        content = tiff(deep[..., :bands], None if extra is None else [extra], **layout)
        found, given_back = whole(content, bands, dtype)
        assert found == kind
        np.testing.assert_array_equal(given_back, deep[..., :bands])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_that_are_multiplied_by_their_opacity_are_divided_by_it(dtype: Any) -> None:
    """Associated opacity, as TIFF calls it; nothing is left of what is wholly transparent."""
    top = np.iinfo(dtype).max
    multiplied = np.array([[[top // 4, 0, top // 2, top // 2], [0, 0, 0, 0]]], dtype)
    found, given_back = whole(tiff(multiplied, [ASSOCIATED]), 4, dtype)
    assert found in (Kind.ALPHA, Kind.ALPHA_16)
    expected = [[[top // 4 * top / (top // 2), 0, top, top // 2], [0, 0, 0, 0]]]
    np.testing.assert_allclose(given_back, expected, atol=1)


def test_multispectral_tiffs_keep_four_bands_and_count_the_rest(tmp_path: Path) -> None:
    """Six bands that are called grey, as remote sensing writes them."""
    many = pixels(shape=(8, 8, 6))
    content = tiff(many, [UNSPECIFIED] * 5, photometric=1)
    snapshot = read(folder_of(tmp_path / "given", {"a/1.tif": content, "b/2.tif": content}))
    np.testing.assert_array_equal(stored(snapshot)[0], many[..., :4])
    assert any(warning.startswith("2 images have more bands") for warning in snapshot.facts.warnings)


def test_a_second_band_beside_grey_is_opacity_only_by_name(tmp_path: Path) -> None:
    """Otherwise it is dropped, which is counted."""
    two = pixels(shape=(8, 8, 2))
    assert whole(tiff(two, [UNASSOCIATED], photometric=1), 4, np.uint8)[0] == Kind.ALPHA
    files = {name: tiff(two, [UNSPECIFIED], photometric=1) for name in ("a/1.tif", "b/2.tif")}
    snapshot = read(folder_of(tmp_path / "given", files))
    np.testing.assert_array_equal(stored(snapshot)[0], two[..., :1])
    assert any(warning.startswith("2 images have a second band") for warning in snapshot.facts.warnings)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_bands_are_turned_upright_as_colours_are(orientation: int) -> None:
    """By the same numbers: the same picture in three bands and in four."""
    four = pixels(shape=(6, 9, 4))
    _, expected = whole(tiff(four[..., :3].copy(), orientation=orientation), 3, np.uint8)
    _, turned = whole(tiff(four, [UNSPECIFIED], orientation=orientation), 4, np.uint8)
    np.testing.assert_array_equal(turned[..., :3], expected)


NO_OPACITY = {np.uint8: np.uint8, np.uint16: np.uint16, np.int64: np.uint8, np.float32: np.float32}


@pytest.mark.parametrize("dtype", NO_OPACITY)
@pytest.mark.parametrize("size", [None, [6, 6]])
def test_a_band_of_infrared_neither_vanishes_nor_blackens(dtype: Any, size: list[int] | None, tmp_path: Path) -> None:
    """Arrays of four channels, of any type and any size: where the fourth is 0, the colours are what they were."""
    images = np.full((4, 12, 12, 4), 200).astype(dtype)
    images[..., 3] = 0
    np.savez(tmp_path / "given.npz", x=images, y=[0, 1, 0, 1])
    snapshot = read(tmp_path / "given.npz", image_size=size)
    assert stored(snapshot).dtype == NO_OPACITY[dtype]
    assert (stored(snapshot) == [200, 200, 200, 0]).all()


@given(
    images=arrays.arrays(np.uint8, (5, 6, 4)),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    is_deep=st.booleans(),
)
def test_bands_are_resized_each_for_itself(images: Any, height: int, width: int, is_deep: bool) -> None:
    """Four bands are resized as four grey images would be."""
    dtype = np.uint16 if is_deep else np.uint8
    images = images.astype(dtype)
    four = fit_array(images, Shape(height, width, 4, np.dtype(dtype)))
    for band in range(4):
        alone = fit_array(images[..., [band]], Shape(height, width, 1, np.dtype(dtype)))
        np.testing.assert_array_equal(four[..., [band]], alone)


@given(pixel=arrays.arrays(np.uint16, (1, 4)), background=st.tuples(*[st.integers(0, 255)] * 3))
def test_a_mix_lies_between_its_colours(pixel: Any, background: tuple[int, int, int]) -> None:
    """Opaque: the colour; transparent: the background; in between: by proportion, to the nearest value."""
    opacity = pixel[0, 3] / 65535
    expected = pixel[0, :3] * opacity + 257 * np.array(background) * (1 - opacity)
    np.testing.assert_allclose(lay_array(pixel, background)[0], expected, atol=0.5001)


@pytest.mark.parametrize(("background", "colour"), [("white", 255), ("black", 0), ([10, 20, 30], [10, 20, 30])])
@pytest.mark.parametrize("is_deep", [False, True])
def test_transparent_images_are_laid_on_the_background(
    background: Any, colour: Any, is_deep: bool, tmp_path: Path
) -> None:
    """Also where all are transparent: whoever gives a background wants it. Edges are mixed before they are resized."""
    clear = pixels(shape=(8, 8, 4))
    clear[..., 3] = 0
    content = png_16(clear.astype(np.uint16) * 257) if is_deep else encoded(clear)
    path = folder_of(tmp_path / "given", {"a/1.png": content, "b/2.png": content})
    snapshot = read(path, background=background, image_size=[4, 4])
    assert stored(snapshot).shape == (2, 4, 4, 3)
    assert (stored(snapshot) == np.array(colour) * (257 if is_deep else 1)).all()
    assert any("were laid on" in warning for warning in snapshot.facts.warnings)
    kept = read(path, background=background, color_mode="rgba")
    assert (stored(kept)[..., 3] == 0).all()


def test_resizing_16_bit_opacity_gives_no_fringes() -> None:
    """The colour of transparent pixels does not run into opaque ones, in 16 bits as in 8."""
    clear = np.zeros((8, 8, 4), np.uint16)
    clear[:, :4] = 65535
    small = fit_array(clear, Shape(4, 3, 4, np.dtype(np.uint16)), has_opacity=True)
    visible = small[..., 3] > 100
    np.testing.assert_allclose(small[visible][:, :3], 65535, atol=2)


def test_the_fourth_channel_of_arrays_is_opacity_where_a_background_says_so(tmp_path: Path) -> None:
    """Then it is mixed; floats have no value that means opaque."""
    images = np.full((2, 4, 4, 4), 100, np.uint8)
    images[..., 3] = 0
    np.savez(tmp_path / "given.npz", x=images, y=[0, 1])
    assert (stored(read(tmp_path / "given.npz", background="white")) == 255).all()
    dropped = read(tmp_path / "given.npz", color_mode="rgb")
    assert (stored(dropped) == 100).all()
    assert any("fourth channel was dropped" in warning for warning in dropped.facts.warnings)
    np.savez(tmp_path / "floats.npz", x=images / np.float32(255), y=[0, 1])
    with refused("array.color_mode", "background"):
        read(tmp_path / "floats.npz", background="white")


def test_backgrounds_are_names_or_levels() -> None:
    """White unless something else is said."""
    assert background_of(ImageOptions()) == (255, 255, 255)
    assert background_of(ImageOptions(background=[1, 2, 3])) == (1, 2, 3)


@pytest.mark.parametrize(
    "tags",
    [
        {"t256": 60_000, "t257": 60_000},
        {"t256": 0},
        {"t273": 1 << 31},
        {"t278": 0},
        {"t277": 60_000},
    ],
)
def test_tiffs_that_lie_are_skipped(tags: dict[str, int]) -> None:
    """Sizes, offsets, tiles and bands that are not there: a reason, and nothing is made of what they claim."""
    with pytest.raises(UnusableImageError):
        Decoded(tiff(pixels(shape=(8, 8, 4)), [UNSPECIFIED], **tags), LIMITS, None).pixels(
            Shape(8, 8, 4, np.dtype(np.uint8))
        )


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=60, deadline=None)
@given(data=st.data(), make=st.sampled_from(["png", "tiff", "packed"]))
def test_damaged_files_of_bands_are_images_or_have_a_reason(data: st.DataObject, make: str) -> None:
    """Cut off or changed anywhere: pixels, or UnusableImageError, and nothing else."""
    deep = pixels(shape=(6, 5, 4), dtype=np.uint16)
    content = bytearray(png_16(deep) if make == "png" else tiff(deep, [0], is_packed=make == "packed"))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    limits = LIMITS.model_copy(update={"max_image_pixels": 10_000})
    try:
        image = Decoded(bytes(content[:cut]), limits, None)
    except UnusableImageError:
        return
    assert image.pixels(Shape(8, 8, 3, np.dtype(np.uint8))).shape == (8, 8, 3)
