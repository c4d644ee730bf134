"""Names of archives that do not say their encoding: decoded as their language makes likely, and the guess is said."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.datasets.containers.name_encodings import RawName, decode_names, likeliest_encoding
from tests.augury.datasets.makers import opened, refused

WORDS = {
    "gb18030": [
        "猫 狗",
        "苹果 香蕉 橘子",
        "训练集 测试集",
        "良品 不良品",
        "锈病 白粉病",
        "划痕 气泡 脏污",
        "飞机 汽车",
    ],
    "cp932": ["犬 猫", "りんご みかん", "ソニー 能登 予定", "テスト トレーニング", "良品 不良品 キズ", "東京 大阪"],
    "cp949": ["고양이 개", "사과 바나나", "정상 불량", "장미 튤립 해바라기", "한국 일본"],
    "cp950": ["貓 狗", "蘋果 香蕉", "功夫 許多", "飛機 汽車", "臺北 高雄", "測試 訓練"],
    "euc_jp": ["りんご みかん", "テスト 画像 写真"],
    "cp437": ["Äpfel Nüsse", "año niño", "forêt été", "café"],
    "cp850": ["Ação coração não", "São maçã", "Bøf køter Århus"],
    "cp1252": ["café crème", "Größe", "año niño", "blåbær rødgrød"],
    "cp866": ["кошка собака", "Здоровые Больные", "яблоко груша", "КОТ ПЕС"],
    "cp1251": ["кошка собака", "Здоровые Больные", "яблоко груша", "їжак єнот"],
    "koi8_r": ["кошка собака", "Кошки Собаки"],
    "cp1250": ["kočka pes hruška třešeň", "jabłko śliwka"],
    "cp852": ["łódź żaba", "hruška třešeň"],
    "cp1253": ["γάτα σκύλος"],
    "cp1255": ["חתול כלב"],
    "cp1256": ["قطة كلب"],
    "cp874": ["แมว สุนัข"],
}


_PLACEHOLDERS = "QXZVW"


def legacy_zip(names: list[bytes], extra: bytes = b"") -> bytes:
    """A zip whose names are these bytes, without the flag for UTF-8."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, name in enumerate(names):
            entry = zipfile.ZipInfo(_PLACEHOLDERS[number] * len(name))
            entry.extra = extra
            archive.writestr(entry, b"x")
    content = buffer.getvalue()
    for number, name in enumerate(names):
        content = content.replace(_PLACEHOLDERS[number].encode() * len(name), name)
    return content


def legacy_tar(names: list[bytes]) -> bytes:
    """An old GNU tar whose names are these bytes."""
    buffer = io.BytesIO()
    options = {"format": tarfile.GNU_FORMAT, "encoding": "latin-1"}
    with tarfile.open(fileobj=buffer, mode="w", **options) as archive:  # type: ignore[call-overload]
        for name in names:
            archive.addfile(tarfile.TarInfo(name.decode("latin-1")))
    return buffer.getvalue()


def unicode_field(raw: bytes, text: str, crc: int | None = None) -> bytes:
    """Info-ZIP's extra field with a name in UTF-8."""
    body = struct.pack("<BL", 1, zlib.crc32(raw) if crc is None else crc) + text.encode()
    return struct.pack("<2H", 0x7075, len(body)) + body


@pytest.mark.parametrize("encoding", WORDS)
def test_names_of_many_languages_come_back(encoding: str) -> None:
    """Two or three short words of a language are enough to tell its encoding from twenty others."""
    for words in WORDS[encoding]:
        names = [f"{word}/{number}.png" for number, word in enumerate(words.split())]
        decoded = decode_names([RawName(name.encode(encoding)) for name in names], "zip")
        assert decoded.names == names
        assert len(decoded.notes) == 1
        assert next(name for name in names if not name.isascii()) in decoded.notes[0]


@pytest.mark.parametrize("make", [legacy_zip, legacy_tar])
@pytest.mark.parametrize("separator", ["/", "\\"])
def test_zips_and_tars_are_decoded_and_then_split(
    make: Callable[[list[bytes]], bytes], separator: str, tmp_path: Path
) -> None:
    """Characters whose second byte is a backslash's stay whole beside separators of either kind."""
    names = [separator.join(("top", folder, "0.png")) for folder in ("表示", "ソース", "能登")]
    (tmp_path / "given").write_bytes(make([name.encode("cp932") for name in names]))
    with opened(tmp_path / "given") as contents:
        assert {member.name for member in contents.members} == {"ソース/0.png", "能登/0.png", "表示/0.png"}
        assert "Shift-JIS" in contents.notes[0]


def test_the_unicode_field_decides_where_its_checksum_fits(tmp_path: Path) -> None:
    """Info-ZIP's field is the name, and nothing is guessed; one that belongs to another name is stale."""
    raw = "苹果/0.png".encode("gbk")
    other = "其他/1.png".encode("gbk")
    for field, names in (
        (unicode_field(raw, "apple/0.png"), {"apple/0.png", "其他/1.png"}),
        (unicode_field(raw, "apple/0.png", crc=1), {"苹果/0.png", "其他/1.png"}),
    ):
        (tmp_path / "given").write_bytes(legacy_zip([raw, other], field))
        with opened(tmp_path / "given") as contents:
            assert {member.name for member in contents.members} == names
            assert "GBK" in contents.notes[0]


def test_names_in_utf_8_without_a_flag_need_no_guess(tmp_path: Path) -> None:
    """Other text is next to never valid UTF-8."""
    (tmp_path / "given").write_bytes(legacy_zip(["é/0.png".encode(), "猫/1.png".encode()]))
    with opened(tmp_path / "given") as contents:
        assert ([member.name for member in contents.members], contents.notes) == (["é/0.png", "猫/1.png"], [])


def test_pax_names_are_utf_8_and_others_beside_them_are_guessed(tmp_path: Path) -> None:
    """What a pax header says is no guess, even where an old header beside it needs one."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("é/0.png"))
    both = buffer.getvalue().rstrip(b"\0")
    both += bytes(-len(both) % 512) + legacy_tar(["кошка/1.png".encode("cp866")])
    (tmp_path / "given").write_bytes(both)
    with opened(tmp_path / "given") as contents:
        assert [member.name for member in contents.members] == ["é/0.png", "кошка/1.png"]


OUTWARD = [
    "..\\evil.png",
    "猫\\..\\..\\evil.png",
    "\\evil.png",
    "c:\\evil.png",
    "\\\\host\\share\\猫.png",
    "猫/../../x",
]


@pytest.mark.parametrize("make", [legacy_zip, legacy_tar])
@pytest.mark.parametrize("name", OUTWARD)
def test_decoded_names_that_point_outward_are_refused(
    make: Callable[[list[bytes]], bytes], name: str, tmp_path: Path
) -> None:
    """In every encoding, with either separator."""
    for encoding in ("gbk", "cp932", "utf-8"):
        (tmp_path / "given").write_bytes(make([name.encode(encoding), "狗/0.png".encode(encoding)]))
        with refused("archive.traversal", "points out of it"), opened(tmp_path / "given"):
            pass


@pytest.mark.parametrize(("raw", "text"), [(b"good", "../evil"), (b"good", "..\\evil"), (b"../evil", "good")])
def test_neither_of_two_names_of_a_member_may_point_outward(raw: bytes, text: str, tmp_path: Path) -> None:
    """One checker sees the old name and another reader Info-ZIP's."""
    (tmp_path / "given").write_bytes(legacy_zip([raw], unicode_field(raw, text)))
    with refused("archive.traversal"), opened(tmp_path / "given"):
        pass


@given(names=st.lists(st.binary(min_size=1, max_size=40), max_size=8))
def test_any_bytes_are_some_name(names: list[bytes]) -> None:
    """Whatever bytes stand there, there is an encoding for all of them, and as many names as there were."""
    decoded = decode_names([RawName(name) for name in names], "zip")
    assert len(decoded.names) == len(names)
    assert not any("\\" in name for name in decoded.names)


@given(names=st.lists(st.text(st.characters(exclude_characters="\\\0", exclude_categories=("Cs",)), min_size=1)))
def test_names_in_utf_8_come_back(names: list[str]) -> None:
    """Without a note."""
    decoded = decode_names([RawName(name.encode()) for name in names], "tar")
    assert (decoded.names, decoded.notes) == (names, [])


def test_a_guess_from_many_names_takes_bounded_work() -> None:
    """A hundred thousand long names are weighed by their first few."""
    names = [f"кошка {number}".encode("cp866") * 20 for number in range(100_000)]
    assert likeliest_encoding(names) == "cp866"
