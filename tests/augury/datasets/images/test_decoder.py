"""Every mode, depth and orientation of an image file has a rule; what is no image is told with a reason."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from augury.datasets.images.decoder import Decoded, UnusableImageError
from augury.datasets.images.target_shape import Kind, Shape
from tests.augury.datasets.makers import LIMITS, encoded, pixels


def decoded(content: bytes, height: int = 8, width: int = 8, channels: int = 3, dtype: Any = np.uint8) -> Any:
    """Pixels of a file in a shape."""
    shape = Shape(height, width, channels, np.dtype(dtype))
    return Decoded(content, LIMITS, shape).pixels(shape)


def kind(content: bytes) -> Kind:
    """What a file holds."""
    return Decoded(content, LIMITS, None).kind


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "WEBP"])
def test_lossless_formats_give_their_pixels(form: str) -> None:
    """Bit by bit."""
    options = {"lossless": True} if form == "WEBP" else {}
    np.testing.assert_array_equal(decoded(encoded(pixels(), form, **options)), pixels())


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30, "comment": "x"}])
def test_the_short_way_for_jpegs_gives_what_pillow_gives(mode: str, options: dict[str, Any]) -> None:
    """For the kinds of JPEG that it takes."""
    content = encoded(Image.fromarray(pixels(shape=(17, 23, 3))).convert(mode), "JPEG", **options)
    channels = len(Image.new(mode, (1, 1)).getbands())
    expected = np.asarray(Image.open(io.BytesIO(content))).reshape(17, 23, channels)
    np.testing.assert_array_equal(decoded(content, 17, 23, channels), expected)


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr"])
def test_jpegs_in_other_colours_become_rgb(mode: str) -> None:
    """As Pillow converts them."""
    content = encoded(Image.fromarray(pixels()).convert(mode), "JPEG")
    np.testing.assert_array_equal(decoded(content), np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))


def test_the_first_frame_counts() -> None:
    """Of an animation."""
    frames = [Image.fromarray(pixels(seed)[..., 0]) for seed in range(3)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(decoded(content, channels=1), pixels(0)[..., :1])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG"])
def test_images_are_turned_upright(form: str, orientation: int) -> None:
    """As their EXIF note says how the camera was held; the size is that of the upright image."""
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :16] = 255
    turned = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 1)[:, ::-1],
        8: lambda a: np.rot90(a, -1),
    }[orientation](upright)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Decoded(encoded(np.ascontiguousarray(turned), form, exif=exif), LIMITS, None)
    shape = Shape(16, 32, 3, np.dtype(np.uint8))
    assert (image.height, image.width) == (16, 32)
    np.testing.assert_allclose(image.pixels(shape).astype(int), upright, atol=2)


@pytest.mark.filterwarnings("ignore")
def test_damaged_notes_on_orientation_do_no_harm() -> None:
    """The picture is there."""
    content = encoded(pixels(), "PNG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff")
    np.testing.assert_array_equal(decoded(content), pixels())


def test_sixteen_bits_are_kept_and_can_be_halved() -> None:
    """Grey PNG and TIFF in either byte order; 65535 becomes 255."""
    deep = pixels(shape=(8, 8), dtype=np.uint16)
    for content in (
        encoded(deep),
        encoded(deep, "TIFF"),
        encoded(Image.frombytes("I;16B", (8, 8), deep.astype(">u2").tobytes()), "TIFF"),
    ):
        assert kind(content) == Kind.GREY_16
        np.testing.assert_array_equal(decoded(content, channels=1, dtype=np.uint16)[..., 0], deep)
        np.testing.assert_array_equal(decoded(content, channels=1)[..., 0], np.rint(deep / 257))


def test_every_mode_has_a_kind() -> None:
    """Black and white, grey, palettes, colours and transparency."""
    colour = Image.fromarray(pixels())
    grey_palette = Image.fromarray(pixels()[..., 0]).convert("P")
    assert kind(encoded(colour.convert("1"))) == Kind.GREY
    assert kind(encoded(colour.convert("L"))) == Kind.GREY
    assert kind(encoded(grey_palette)) == Kind.GREY
    assert kind(encoded(colour.convert("P"))) == Kind.COLOUR
    assert kind(encoded(colour)) == Kind.COLOUR
    assert kind(encoded(colour.convert("RGBA"))) == Kind.ALPHA
    assert kind(encoded(colour.convert("LA"))) == Kind.ALPHA
    assert kind(encoded(colour.convert("P"), transparency=0)) == Kind.ALPHA
    assert kind(encoded(colour, transparency=(1, 2, 3))) == Kind.ALPHA


def test_black_and_white_becomes_0_and_255() -> None:
    """A bit has the full range."""
    bits = Image.fromarray(pixels()).convert("1")
    np.testing.assert_array_equal(decoded(encoded(bits), channels=1)[..., 0], np.asarray(bits) * np.uint8(255))


def test_transparency_is_laid_on_white_or_kept() -> None:
    """Laid: mixed with white by its opacity. Kept: a palette's and a key's become a channel."""
    see_through = pixels(shape=(8, 8, 4))
    opacity = see_through[..., 3:] / 255
    laid = see_through[..., :3] * opacity + 255 * (1 - opacity)
    np.testing.assert_allclose(decoded(encoded(see_through)), laid, atol=0.51)
    np.testing.assert_array_equal(decoded(encoded(see_through), channels=4), see_through)
    one_colour = Image.new("RGB", (8, 8), (1, 2, 3))
    assert (decoded(encoded(one_colour, transparency=(1, 2, 3)), channels=4) == [1, 2, 3, 0]).all()
    assert (decoded(encoded(one_colour.quantize(2), transparency=0), channels=3) == 255).all()


def test_pixels_of_32_bits_have_no_rule() -> None:
    """And say so."""
    with pytest.raises(UnusableImageError, match="32 bits"):
        kind(encoded(np.full((8, 8), 0.5, np.float32), "TIFF"))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_resizing_is_antialiased(dtype: Any) -> None:
    """A fine chessboard becomes even grey, and not a pattern."""
    top = np.iinfo(dtype).max
    board = (np.indices((64, 64)).sum(axis=0) % 2 * top).astype(dtype)
    small = decoded(encoded(board), 8, 8, 1, dtype)
    np.testing.assert_allclose(small[1:-1, 1:-1], top / 2, rtol=0.02)


def test_a_crop_is_centred_and_keeps_the_proportions() -> None:
    """The largest part of the requested aspect ratio; stretching keeps all."""
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 200
    content = encoded(wide)
    image = Decoded(content, LIMITS, None)
    cropped = image.pixels(Shape(10, 10, 3, np.dtype(np.uint8), crop=True))
    stretched = image.pixels(Shape(10, 10, 3, np.dtype(np.uint8)))
    np.testing.assert_allclose(cropped.astype(int), 200, atol=12)
    assert stretched[:, 0].max() < 20


def test_large_jpegs_are_reduced_about_as_exactly_while_they_are_decoded() -> None:
    """The decoder may leave out frequencies that the requested size cannot show."""
    smooth = Image.fromarray(pixels(shape=(8, 8, 3))).resize((640, 480), Image.Resampling.BICUBIC)
    content = encoded(smooth, "JPEG", quality=95)
    exact = np.asarray(Image.open(io.BytesIO(content)).resize((24, 24), Image.Resampling.LANCZOS))
    image = Decoded(content, LIMITS, Shape(24, 24, 3, np.dtype(np.uint8)))
    assert (image.height, image.width) == (480, 640)
    np.testing.assert_allclose(decoded(content, 24, 24).astype(int), exact, atol=6)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"])
@pytest.mark.filterwarnings("ignore")
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_damaged_files_are_images_or_have_a_reason(form: str, data: st.DataObject) -> None:
    """Cut off or changed anywhere: pixels, or UnusableImageError, and nothing else."""
    content = bytearray(encoded(pixels(), form))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    limits = LIMITS.model_copy(update={"max_image_pixels": 10_000})
    shape = Shape(8, 8, 3, np.dtype(np.uint8))
    try:
        image = Decoded(bytes(content[:cut]), limits, None)
    except UnusableImageError:
        return
    assert image.pixels(shape).shape == (8, 8, 3)
