"""Archives made to do harm: each is refused by a rule, nothing leaves the workspace, and the next one works."""

from __future__ import annotations

import io
import os
import stat
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.datasets.errors import DatasetError
from augury.datasets.settings import IngestSettings
from tests.augury.datasets.makers import LIMITS, folder_of, opened, photographs, read, refused, tar_of, zip_of

PHOTOGRAPHS = photographs()
SMALL = LIMITS.model_copy(
    update={"max_unpacked_bytes": 4 << 20, "max_members": 50, "max_ratio": 20.0, "max_memory_bytes": 1 << 29}
)
OUTWARD = ["../evil.png", "a/../../evil.png", "/evil.png", "C:/evil.png", "c:evil.png", "//host/share/evil.png"]
OUTWARD += ["\\\\host\\share\\evil.png", "a\\..\\..\\evil.png"]


@pytest.fixture(autouse=True)
def harmless(tmp_path: Path) -> Iterator[None]:
    """After each attack nothing lies outside its workspace, and an honest archive is read."""
    before = {path.name for path in tmp_path.parent.iterdir() if not path.name.startswith("mutated")}
    yield
    assert {path.name for path in tmp_path.parent.iterdir() if not path.name.startswith("mutated")} == before
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith("workspace-")} <= {"attack", "plain"}
    assert not list(tmp_path.rglob("*evil*"))
    with opened(zip_of(tmp_path / "honest.zip", PHOTOGRAPHS)) as contents:
        assert {member.name: contents.read(member, 1 << 20) for member in contents.members} == PHOTOGRAPHS


def attack(path: Path, content: bytes, limits: IngestSettings = SMALL) -> None:
    """Read every byte of an archive."""
    path.joinpath("attack").write_bytes(content)
    with opened(path / "attack", limits) as contents:
        for member in contents.members:
            contents.read(member, limits.max_image_bytes)
            contents.as_file(member)


def zipped(name: str, content: bytes = b"x", mode: int = 0, **fields: int) -> bytes:
    """A zip with one harmful member beside an honest one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/honest", b"y")
        entry = zipfile.ZipInfo("PLACEHOLDER")
        entry.filename = name  # the constructor would cut it at a zero
        entry.external_attr = mode << 16
        entry.create_system = 3
        archive.writestr(entry, content)
        for field, value in fields.items():
            setattr(entry, field, value)
    return buffer.getvalue()


def tarred(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """A tar with one harmful member beside an honest one."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a/honest"))
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname, entry.size = kind, link, len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def packed(content: bytes) -> bytes:
    """As a tar.gz."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize("name", [*OUTWARD, "a/\x00/evil.png"])
def test_names_in_zips_that_point_outward_are_refused(name: str, tmp_path: Path) -> None:
    """Upward, absolute, with a drive, a host, backslashes or zeros: whatever some system may take for a way out."""
    with refused("archive.traversal", "points out of it"):
        attack(tmp_path, zipped(name))


@pytest.mark.parametrize("name", OUTWARD)
@pytest.mark.parametrize("make", [lambda tar: tar, lambda tar: packed(tar)], ids=["tar", "tar.gz"])
def test_names_in_tars_that_point_outward_are_refused(
    make: Callable[[bytes], bytes], name: str, tmp_path: Path
) -> None:
    """The same; and packed tars are no way around."""
    with refused("archive.traversal", "points out of it"):
        attack(tmp_path, make(tarred(name)))


KINDS = {
    "symbolic link": (stat.S_IFLNK, tarfile.SYMTYPE, "archive.link"),
    "hard link": (None, tarfile.LNKTYPE, "archive.link"),
    "block device": (stat.S_IFBLK, tarfile.BLKTYPE, "archive.device"),
    "character device": (stat.S_IFCHR, tarfile.CHRTYPE, "archive.device"),
    "pipe": (stat.S_IFIFO, tarfile.FIFOTYPE, "archive.device"),
    "socket": (stat.S_IFSOCK, None, "archive.device"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_links_and_devices_are_refused(kind: str, tmp_path: Path) -> None:
    """In zips by their mode bits, in tars by their type, whatever they point to."""
    mode, type_flag, rule = KINDS[kind]
    for target in ("/etc/passwd", "../../evil", "a/honest"):
        if mode is not None:
            with refused(rule, "evil"):
                attack(tmp_path, zipped("evil", target.encode(), mode | 0o777))
        if type_flag is not None:
            with refused(rule, "evil"):
                attack(tmp_path, tarred("evil", b"", type_flag, target))


def test_a_link_with_members_behind_it_writes_nothing(tmp_path: Path) -> None:
    """First a link to a folder outside, then a file "in" it."""
    outside = folder_of(tmp_path / "plain", {"keep": b""})
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        link = tarfile.TarInfo("way-out")
        link.type, link.linkname = tarfile.SYMTYPE, str(outside)
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("way-out/evil"))
    with refused("archive.link"):
        attack(tmp_path, buffer.getvalue())
    assert [path.name for path in outside.iterdir()] == ["keep"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_under_one_name_are_refused(tmp_path: Path) -> None:
    """One checker sees the first and another reader the second."""
    for name in ("a/honest", "./a//honest"):
        with refused("archive.duplicate_name", "a/honest"):
            attack(tmp_path, zipped(name))
        with refused("archive.duplicate_name", "a/honest"):
            attack(tmp_path, tarred(name))


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    """With the advice to leave the password out."""
    content = bytearray(zipped("secret"))
    offset = content.rindex(b"PK\x01\x02") + 8
    content[offset] |= 1
    with refused("archive.encrypted", "password"):
        attack(tmp_path, bytes(content))


def overlapping(members: int) -> bytes:
    """A zip whose members all have the same packed bytes: Fifield's bomb at its simplest."""
    kernel = zlib.compress(bytes(1 << 20))[2:-4]
    crc = zlib.crc32(bytes(1 << 20))
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(kernel), 1 << 20, 1, 0) + b"a"
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(kernel), 1 << 20, 5, 0, 0, 0, 0, 0, 0)
        + f"{number:05}".encode()
        for number in range(members)
    )
    body = local + kernel
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, members, members, len(directory), len(body), 0)
    return body + directory + end


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """Before one of them is unpacked."""
    with refused("archive.overlap"):
        attack(tmp_path, overlapping(30))


def test_a_member_that_reaches_into_the_directory_is_refused(tmp_path: Path) -> None:
    """By what its local header says, which zipfile believes."""
    content = bytearray(zipped("tail"))
    local = content.rindex(b"PK\x03\x04")
    struct.pack_into("<H", content, local + 28, 60)  # an extra field that moves the bytes onward
    with refused("archive.overlap"):
        attack(tmp_path, bytes(content))


def test_ten_gigabytes_in_ten_megabytes_are_refused(tmp_path: Path) -> None:
    """By their stated sizes; without unpacking them, and in little memory."""
    large = [zipfile.ZipInfo(f"{number}") for number in range(10)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in large:
            archive.writestr(entry, bytes(1 << 20))
            entry.file_size = 1 << 30
    with refused("archive.bomb", "AUGURY_INGEST_MAX_UNPACKED_BYTES"):
        attack(tmp_path, buffer.getvalue())
    with refused("archive.bomb", "AUGURY_INGEST_MAX_RATIO"):
        attack(tmp_path, buffer.getvalue(), LIMITS)


@pytest.mark.parametrize("kind", ["gzip", "zstandard"])
def test_a_packed_tar_that_grows_is_stopped_while_it_grows(kind: str, tmp_path: Path) -> None:
    """No more is written than the limit allows."""
    tar = tarred("zeros", bytes(64 << 20))
    content = packed(tar) if kind == "gzip" else zstandard.compress(tar)
    with refused("archive.bomb", "AUGURY_INGEST_MAX_UNPACKED_BYTES"):
        attack(tmp_path, content, SMALL.model_copy(update={"max_ratio": 1e9}))
    with refused("archive.bomb", "AUGURY_INGEST_MAX_RATIO"):
        attack(tmp_path, content, SMALL.model_copy(update={"max_unpacked_bytes": 1 << 40}))
    written = [path.stat().st_size for path in tmp_path.rglob("workspace-*/*")]
    assert max(written) <= (6 << 20)


@pytest.mark.parametrize("size", [0, 10, 999_999, 1_000_001, 0xFFFFFFF0])
def test_forged_sizes_are_found_out(size: int, tmp_path: Path) -> None:
    """A member that unpacks to more or to less than it states is damaged; never more is unpacked than it states."""
    content = zipped("forged", os.urandom(1000) * 1000, file_size=size)
    with pytest.raises(DatasetError) as caught:
        attack(tmp_path, content, SMALL.model_copy(update={"max_ratio": 1e9, "max_unpacked_bytes": 1 << 40}))
    assert caught.value.rule in ("archive.damaged", "file.too_large")


def test_changed_bytes_are_found_out(tmp_path: Path) -> None:
    """By the checksum."""
    content = bytearray(zip_of(tmp_path / "attack", {"a/x": b"honest" * 9, "b/y": b""}, 0).read_bytes())
    content[content.index(b"honest")] ^= 1
    with refused("archive.damaged", "a/x"):
        attack(tmp_path, bytes(content))


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    """Also where they are folders or empty, in zips and tars."""
    files = {f"{number}/": b"" for number in range(60)}
    for make in (zip_of, tar_of):
        with refused("archive.bomb", "AUGURY_INGEST_MAX_MEMBERS"):
            attack(tmp_path, make(tmp_path / "attack", files).read_bytes())


def test_bombs_inside_are_not_opened(tmp_path: Path) -> None:
    """Three zips in one another, the innermost a bomb: it stays a file that is no image."""
    bomb = overlapping(1000)
    for _ in range(2):
        bomb = zip_of(tmp_path / "attack", {"inner.zip": bomb}).read_bytes()
    path = zip_of(tmp_path / "attack", {**PHOTOGRAPHS, "class-0/bomb.zip": bomb})
    facts = read(path).facts
    assert facts.images == len(PHOTOGRAPHS)
    assert [entry.reason for entry in facts.skipped] == ["archive inside the reference, not opened"]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95, 0.999])
@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.zst"])
def test_archives_that_are_cut_off_say_so(kind: str, share: float, tmp_path: Path) -> None:
    """Half a download is no dataset with half the images."""
    path = tmp_path / "attack"
    plain = tar_of(path, PHOTOGRAPHS).read_bytes()
    whole = {
        "zip": zip_of(path, PHOTOGRAPHS).read_bytes(),
        "tar": plain[: plain.rindex(b"PNG") + 600],  # less its padding
        "tar.gz": packed(plain),
        "tar.zst": zstandard.compress(plain),
    }[kind]
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DatasetError) as caught:
        read(path)
    assert caught.value.rule in ("archive.damaged", "format.unknown", "idx.damaged"), caught.value.rule


def test_names_and_headers_of_ten_megabytes_are_refused(tmp_path: Path) -> None:
    """As long pax paths, as other pax records, and as GNU's long names."""
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            archive.addfile(tarfile.TarInfo("x" * (10 << 20)))
        with refused("archive.name_too_long"):
            attack(tmp_path, buffer.getvalue())
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", pax_headers={"comment": "x" * (10 << 20)}) as archive:
        archive.addfile(tarfile.TarInfo("a"))
    with refused("archive.name_too_long"):
        attack(tmp_path, buffer.getvalue())
    with refused("archive.name_too_long"):
        attack(tmp_path, zipped("x" * 60_000))


@pytest.mark.parametrize("size", ["-5", "99999999999999999999999", "1e3", "0x10", ""])
def test_odd_sizes_in_pax_headers_are_refused(size: str, tmp_path: Path) -> None:
    """Whatever a number parser might make of them."""
    entry = tarfile.TarInfo("a")
    entry.pax_headers = {"size": size}
    content = entry.tobuf(tarfile.PAX_FORMAT) + bytes(1024)
    with refused("archive.damaged"):
        attack(tmp_path, content)


def test_a_full_disk_is_an_error_of_its_own(tmp_path: Path) -> None:
    """And not a crash; here a limit of file sizes stands for the disk, in a process of its own."""
    path = tar_of(tmp_path / "attack", PHOTOGRAPHS | {"class-0/large": os.urandom(1 << 20)}, "w:gz")
    script = (
        "import resource, sys; from pathlib import Path; from tests.augury.datasets.makers import read;"
        "from augury.datasets.errors import DatasetError;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))\n"
        "try: read(Path(sys.argv[1]))\n"
        "except DatasetError as error: print(error.rule, error)"
    )
    command = [sys.executable, "-c", script, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("disk.full the worker's disk is full")


def test_a_disk_without_room_is_refused_before_it_is_filled(tmp_path: Path) -> None:
    """A member that states more than there is."""
    (tmp_path / "attack").write_bytes(zipped("huge"))
    with opened(tmp_path / "attack") as contents:
        huge = replace(contents.members[-1], size=1 << 60)
        with refused("disk.full", f"{1 << 60:,}"):
            contents.as_file(huge)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.zst"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_mutated_archives_are_read_or_refused(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Contents or DatasetError, and nothing else, wherever bytes are changed, doubled or left out."""
    path = tmp_path_factory.mktemp("mutated")
    files = {"a/one": b"one" * 100, "b/two": bytes(range(50))}
    plain = tar_of(path / "plain", files).read_bytes()[:4096]
    whole = {
        "zip": lambda: zip_of(path / "plain", files).read_bytes(),
        "tar": lambda: plain,
        "tar.gz": lambda: packed(plain),
        "tar.zst": lambda: zstandard.compress(plain),
    }[kind]()
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
        if not content:
            return
    try:
        attack(path, bytes(content))
    except DatasetError as error:
        assert error.rule.split(".")[0] in ("archive", "file")  # noqa: PT017
