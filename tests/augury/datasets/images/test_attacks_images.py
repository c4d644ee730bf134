"""Image files made to do harm: each is skipped with a reason, in little memory, and the rest is read."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from augury.datasets.settings import IngestSettings
from tests.augury.datasets.makers import LIMITS, encoded, folder_of, photographs, pixels, read, refused, stored, zip_of

PHOTOGRAPHS = photographs()
MEGABYTE = 1 << 20


def chunk(kind: bytes, content: bytes) -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_bomb(side: int) -> bytes:
    """A PNG that says side × side coloured pixels, with a megabyte of zeros behind it."""
    header = struct.pack(">2I5B", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(MEGABYTE)))


def reasons(path: Path, limits: IngestSettings = LIMITS) -> dict[str, int]:
    """What was skipped of a folder whose other images were all read."""
    facts = read(path, limits).facts
    assert facts.images == len(PHOTOGRAPHS)
    return {entry.reason: entry.count for entry in facts.skipped}


def test_an_image_with_billions_of_pixels_is_skipped_by_its_header(tmp_path: Path) -> None:
    """A PNG that says 50,000 × 50,000, with a megabyte behind it, is not decoded, and the limit is named."""
    [reason] = reasons(folder_of(tmp_path / "given", {**PHOTOGRAPHS, "class-0/bomb.png": png_bomb(50_000)}))
    assert reason == "more pixels than 50000000 (AUGURY_INGEST_MAX_IMAGE_PIXELS)"


def test_a_reference_of_nothing_but_bombs_is_refused(tmp_path: Path) -> None:
    """With the reasons."""
    bomb = png_bomb(3000)
    limits = LIMITS.model_copy(update={"max_image_pixels": 1_000_000})
    with refused("images.none", "2 x more pixels than 1000000 (AUGURY_INGEST_MAX_IMAGE_PIXELS)"):
        read(folder_of(tmp_path / "given", {"a/1.png": bomb, "b/2.png": bomb}), limits)


def test_an_image_that_needs_more_memory_than_is_allowed_is_skipped(tmp_path: Path) -> None:
    """The decoding process has a limit of its own; what does not fit is an image less, and no crash."""
    path = folder_of(tmp_path / "given", {**PHOTOGRAPHS, "class-0/bomb.png": png_bomb(16_000)})
    script = (
        "import sys; from pathlib import Path; from tests.augury.datasets.makers import LIMITS, read;"
        "limits = LIMITS.model_copy(update={'max_memory_bytes': 1 << 29, 'max_image_pixels': 1 << 30});"
        "print([(s.reason, s.count) for s in read(Path(sys.argv[1]), limits).facts.skipped]);"
        "import resource; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"
    )
    result = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    skipped, peak = result.stdout.splitlines()
    assert skipped == "[('needs more memory than is allowed', 1)]"
    assert int(peak) < 600 * MEGABYTE


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"])
def test_truncated_images_are_skipped(form: str, tmp_path: Path) -> None:
    """Half an image is none."""
    whole = encoded(pixels(shape=(32, 32, 3)), form)
    files = {**PHOTOGRAPHS, "class-0/cut.img": whole[: len(whole) // 2], "class-1/cut.png": whole[:12]}
    assert sum(reasons(folder_of(tmp_path / "given", files)).values()) == 2


def test_files_that_are_an_image_and_something_else_are_the_image(tmp_path: Path) -> None:
    """What trails a GIF or a JPEG, an archive or a script, is not looked at, and not stored."""
    grey = pixels(shape=(8, 8))
    script = b"<?php system($_GET['command']); ?><script>alert(1)</script>"
    files = {
        "a/gif.gif": encoded(grey, "GIF") + zip_of(tmp_path / "hidden.zip", PHOTOGRAPHS).read_bytes(),
        "b/jpeg.jpg": encoded(grey, "JPEG") + script,
    }
    snapshot = read(folder_of(tmp_path / "given", files))
    np.testing.assert_array_equal(stored(snapshot)[0, ..., 0], grey)
    assert snapshot.facts.images == 2
    for path in snapshot.folder.iterdir():
        assert b"<script>" not in path.read_bytes()


def test_a_gif_that_is_also_a_zip_is_no_archive(tmp_path: Path) -> None:
    """What a file is, is told by its beginning."""
    both = tmp_path / "both.zip"
    both.write_bytes(encoded(pixels(shape=(8, 8)), "GIF") + zip_of(tmp_path / "hidden.zip", PHOTOGRAPHS).read_bytes())
    with refused("format.unknown"):
        read(both)


def test_other_formats_that_pillow_knows_are_not_decoded(tmp_path: Path) -> None:
    """Fewer parsers, fewer holes: PostScript would even start a program."""
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\nshowpage\n"
    files = {**PHOTOGRAPHS, "class-0/script.png": postscript, "class-0/other.png": encoded(pixels(), "PPM")}
    assert reasons(folder_of(tmp_path / "given", files)) == {"not an image, or not one that can be read": 2}


def test_an_image_with_too_many_bytes_is_skipped(tmp_path: Path) -> None:
    """Before it is read."""
    files = {**PHOTOGRAPHS, "class-0/large.png": encoded(pixels()) + bytes(MEGABYTE)}
    limits = LIMITS.model_copy(update={"max_image_bytes": 10_000})
    assert reasons(folder_of(tmp_path / "given", files), limits) == {"too many bytes for an image": 1}


def test_text_that_unpacks_to_megabytes_does_no_harm(tmp_path: Path) -> None:
    """A PNG's packed comments are a bomb of their own."""
    image = encoded(pixels())
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(20 * MEGABYTE)))
    files = {**PHOTOGRAPHS, "class-0/comment.png": image[:33] + bomb + image[33:]}
    assert sum(reasons(folder_of(tmp_path / "given", files)).values()) == 1


def test_names_that_are_no_text_or_too_much_of_it_are_kept_as_text(tmp_path: Path) -> None:
    """Markup in a class's name is a name, and bytes that are no UTF-8 are replaced."""
    markup = "<script>alert(1)<"
    folder = folder_of(tmp_path / "given", {f"{markup}/1.png": encoded(pixels(1)), "b/2.png": encoded(pixels(2))})
    odd = bytes(folder) + b"/\xff\xfe"
    Path(odd.decode("utf-8", "surrogateescape")).mkdir()
    Path(odd.decode("utf-8", "surrogateescape"), "3.png").write_bytes(encoded(pixels(3)))
    assert list(read(folder).facts.classes) == [markup, "b", "\N{REPLACEMENT CHARACTER}" * 2]
