"""Folders, zips and tars: the same files are the same contents, however they are packed."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.augury.datasets.makers import (
    LIMITS,
    Files,
    encoded,
    folder_of,
    opened,
    photographs,
    pixels,
    read,
    refused,
    stored,
    tar_of,
    zip_of,
)

FILES = {"b/two.txt": b"two" * 1000, "a/one.txt": b"one", "a/empty": b""}


def _tar_zst(path: Path, files: Files) -> Path:
    plain = tar_of(path.with_suffix(".plain"), files).read_bytes()
    path.write_bytes(zstandard.compress(plain))
    return path


PACKERS: dict[str, Callable[[Path, Files], Path]] = {
    "folder": folder_of,
    "zip": zip_of,
    "stored zip": lambda path, files: zip_of(path, files, zipfile.ZIP_STORED),
    "tar": tar_of,
    "tar.gz": lambda path, files: tar_of(path, files, "w:gz"),
    "tar.zst": _tar_zst,
}
packed_anyhow = pytest.mark.parametrize("pack", PACKERS.values(), ids=list(PACKERS))


@packed_anyhow
def test_members_are_sorted_and_have_their_bytes(pack: Callable[[Path, Files], Path], tmp_path: Path) -> None:
    """Names, sizes, bytes, heads and files of members do not depend on the container, which is told by its bytes."""
    with opened(pack(tmp_path / "no-extension", FILES)) as contents:
        assert [(member.name, member.size) for member in contents.members] == [
            ("a/empty", 0),
            ("a/one.txt", 3),
            ("b/two.txt", 3000),
        ]
        for member in contents.members:
            assert contents.read(member, 3000) == FILES[member.name]
            assert contents.head(member, 4) == FILES[member.name][:4]
            assert contents.as_file(member).read_bytes() == FILES[member.name]
            assert contents.as_file(member) == contents.as_file(member)


@packed_anyhow
def test_a_folder_that_holds_everything_is_left_out_and_hidden_files_are_counted(
    pack: Callable[[Path, Files], Path], tmp_path: Path
) -> None:
    """What a person sees in the one folder are the contents; what the system put there is skipped."""
    files = {
        "top/all/a/x": b"x",
        "top/all/b/y": b"y",
        "top/.DS_Store": b"",
        "__MACOSX/top/all/a/x": b"",
        "Thumbs.db": b"",
    }
    with opened(pack(tmp_path / "packed", files)) as contents:
        assert [member.name for member in contents.members] == ["a/x", "b/y"]
        assert [(entry.reason, entry.count) for entry in contents.skipped.summary()] == [("hidden or system file", 3)]


@packed_anyhow
def test_names_are_in_composed_unicode(pack: Callable[[Path, Files], Path], tmp_path: Path) -> None:
    """A Mac's decomposed accents and others' composed ones are the same class."""
    files = {unicodedata.normalize("NFD", "é/x"): b"1", "z/y": b"2"}
    with opened(pack(tmp_path / "packed", files)) as contents:
        assert [member.name for member in contents.members] == ["z/y", unicodedata.normalize("NFC", "é/x")]


@packed_anyhow
def test_a_member_with_more_bytes_than_its_reader_wants_is_refused(
    pack: Callable[[Path, Files], Path], tmp_path: Path
) -> None:
    """The size is known before the bytes are read."""
    with opened(pack(tmp_path / "packed", FILES)) as contents, refused("file.too_large", "two.txt", "3000"):
        contents.read(contents.members[2], 2999)


@packed_anyhow
def test_the_snapshot_does_not_depend_on_the_container(pack: Callable[[Path, Files], Path], tmp_path: Path) -> None:
    """Pixels, labels and facts are those of the folder."""
    plain = read(folder_of(tmp_path / "plain", photographs()))
    packed = read(pack(tmp_path / "packed", photographs()))
    np.testing.assert_array_equal(stored(packed), stored(plain))
    assert packed.facts == plain.facts


def test_links_pipes_and_devices_of_a_folder_are_skipped(tmp_path: Path) -> None:
    """Only what lies in the folder itself is read, however it is linked."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    folder = folder_of(tmp_path / "folder", {"a/one": b"1", "b/two": b"2"})
    (folder / "a" / "link").symlink_to(secret)
    (folder / "outside").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    with opened(folder) as contents:
        assert [member.name for member in contents.members] == ["a/one", "b/two"]
        [skipped] = contents.skipped.summary()
        assert (skipped.reason, skipped.count) == ("link, pipe or device", 3)


def test_a_file_that_becomes_a_link_after_it_was_listed_is_not_followed(tmp_path: Path) -> None:
    """Neither in the last part of its path nor in one before."""
    folder = folder_of(tmp_path / "folder", {"a/one": b"1", "b/two": b"2"})
    outside = folder_of(tmp_path / "outside", {"one": b"secret", "two": b"secret"})
    with opened(folder) as contents:
        (folder / "a" / "one").unlink()
        (folder / "a" / "one").symlink_to(outside / "one")
        (folder / "b").rename(folder / "c")
        (folder / "b").symlink_to(outside)
        for member in contents.members:
            with refused("file.unreadable", member.name):
                contents.read(member, 100)


def test_a_folder_may_not_have_more_files_than_allowed(tmp_path: Path) -> None:
    """The error names the limit's variable."""
    folder = folder_of(tmp_path / "folder", {f"{number}": b"" for number in range(4)})
    limits = LIMITS.model_copy(update={"max_members": 3})
    with refused("folder.too_many", "AUGURY_INGEST_MAX_MEMBERS"), opened(folder, limits):
        pass


def test_an_npz_is_one_file(tmp_path: Path) -> None:
    """It is a zip, but its reader wants the whole."""
    path = tmp_path / "data.npz"
    np.savez(path, x=np.zeros(3), y=np.zeros(3))
    with opened(path) as contents:
        assert [member.name for member in contents.members] == ["data.npz"]
        assert contents.as_file(contents.members[0]).read_bytes() == path.read_bytes()


def test_a_gzip_that_is_no_tar_is_one_file(tmp_path: Path) -> None:
    """MNIST's own files come so."""
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + bytes(2000)))
    with opened(path) as contents:
        assert [member.name for member in contents.members] == ["images.gz"]


def test_a_zip64_is_read(tmp_path: Path) -> None:
    """Sizes and offsets may be in the zip64 fields, as packers that stream write them."""
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in FILES.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(content)
    with opened(path) as contents:
        assert {member.name: contents.read(member, 3000) for member in contents.members} == FILES


def test_a_zip_of_a_stream_is_read(tmp_path: Path) -> None:
    """Where local headers have no sizes, since these follow the bytes."""

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.content = b""

        def writable(self) -> bool:
            return True

        def write(self, piece: bytes) -> int:  # type: ignore[override]
            self.content += bytes(piece)
            return len(piece)

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    path = tmp_path / "streamed.zip"
    path.write_bytes(stream.content)
    with opened(path) as contents:
        assert {member.name: contents.read(member, 3000) for member in contents.members} == FILES


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_of_every_kind_of_tar_are_read(kind: int, tmp_path: Path) -> None:
    """ustar's prefix, GNU's long names, and pax paths."""
    name = "/".join(["folder-" + "x" * 40] * 3 + ["y" * 90])
    path = tmp_path / "long.tar"
    with tarfile.open(path, "w", format=kind) as archive:
        for full in (name, "other"):
            entry = tarfile.TarInfo(full)
            entry.size = 3
            archive.addfile(entry, io.BytesIO(b"abc"))
    with opened(path) as contents:
        assert [member.name for member in contents.members] == [name, "other"]


@pytest.mark.parametrize("magic", [b"BZh91AY&SY", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00"])
def test_other_archives_are_named(magic: bytes, tmp_path: Path) -> None:
    """One learns what to pack instead."""
    path = tmp_path / "archive"
    path.write_bytes(magic + bytes(100))
    with refused("archive.unsupported", "expected a zip, tar, tar.gz or tar.zst"), opened(path):
        pass


@settings(max_examples=25, deadline=None)
@given(
    files=st.dictionaries(
        st.lists(st.text("abcé ", min_size=1, max_size=3), min_size=1, max_size=3).map("/".join),
        st.binary(max_size=2000),
        min_size=1,
        max_size=5,
    ),
    packer=st.sampled_from(["zip", "stored zip", "tar", "tar.gz", "tar.zst"]),
)
def test_what_is_packed_comes_out(
    files: dict[str, bytes], packer: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """For any names and bytes, less the folders that all have in common."""
    path = tmp_path_factory.mktemp("law") / "packed"
    with opened(PACKERS[packer](path, files)) as contents:
        found = [contents.read(member, 2000) for member in contents.members]
    assert sorted(found) == sorted(files.values())


def test_one_image_alone_is_no_dataset(tmp_path: Path) -> None:
    """The error says what was found and what is understood."""
    path = tmp_path / "cat.png"
    path.write_bytes(encoded(pixels()))
    with refused("labels.missing", "cat.png", "a folder for each class"):
        read(path)


def test_files_of_no_known_format_are_listed(tmp_path: Path) -> None:
    """With their extensions, and with what would be understood."""
    folder = folder_of(tmp_path / "folder", {"a.md": b"# text", "b.md": b"# text", "c.xyz": b"?" * 100})
    with refused("format.unknown", "2 x .md", "1 x .xyz", "npz"):
        read(folder)


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    """Also where all of it was skipped."""
    with refused("format.unknown", "no files (1 x hidden or system file)"):
        read(folder_of(tmp_path / "folder", {".hidden": b""}))
