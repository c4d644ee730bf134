"""TFRecord without TensorFlow: what TensorFlow writes is read, and what lies is refused."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.datasets.formats.records.tfrecord import recognise
from augury.datasets.formats.records.tfrecord_files import masked_checksum
from augury.datasets.labelled_images import Listing
from augury.datasets.settings import IngestSettings
from tests.augury.datasets.formats.format_contents import png, read_folder, refused, same_images, skipped_of, survives

IMAGES = [png(value) for value in range(8)]


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    value &= 2**64 - 1
    content = bytearray()
    while value > 0x7F:
        content.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*content, value])


def message(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def feature(value: bytes | str | float | list[int]) -> bytes:
    """A tf.train.Feature of one value, or of a list of numbers."""
    if isinstance(value, float):
        return message(2, message(1, struct.pack("<f", value)))
    if isinstance(value, int | list):
        numbers = value if isinstance(value, list) else [value]
        return message(3, message(1, b"".join(map(varint, numbers))))
    return message(1, message(1, value.encode() if isinstance(value, str) else value))


def example(**features: bytes | str | float | list[int]) -> bytes:
    """A tf.train.Example; double underscores in names are slashes."""
    entries = (
        message(1, message(1, name.replace("__", "/").encode()) + message(2, feature(value)))
        for name, value in features.items()
    )
    return message(1, b"".join(entries))


def record(content: bytes) -> bytes:
    """A framed record with its checksums."""
    length = struct.pack("<Q", len(content))
    checksums = (struct.pack("<I", masked_checksum(part)) for part in (length, content))
    return length + next(checksums) + content + next(checksums)


def tfrecord(*examples: bytes) -> bytes:
    """A file of records."""
    return b"".join(map(record, examples))


def listing_of(folder: Path, files: dict[str, bytes], **options: Any) -> Listing:
    """The listing of what is certainly TFRecord."""
    listing = read_folder(folder, files, recognise, **options)
    assert listing is not None
    return listing


def write_with_tensorflow(folder: Path) -> None:
    """The images below *folder* as a plain file and a packed one."""
    import tensorflow as tf  # which is large

    def bytes_(value: bytes) -> Any:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    def ints(*values: int) -> Any:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    boxes = tf.train.Feature(float_list=tf.train.FloatList(value=[0.1, 0.2]))
    for name, options in (("train.tfrecord", None), ("test.tfrecord.gz", "GZIP")):
        with tf.io.TFRecordWriter(str(folder / name), options) as writer:
            for number, path in enumerate(sorted((folder / "images").iterdir())):
                features = {"image": bytes_(path.read_bytes()), "label": ints(number * 5 - 1), "height": ints(4)}
                features |= {"box": boxes, "sizes": ints(*range(300)), "Ort": bytes_("Höhe".encode())}
                example = tf.train.Example(features=tf.train.Features(feature=features))
                writer.write(example.SerializeToString())


def test_what_tensorflow_writes_comes_back(tmp_path: Path) -> None:
    """Plain and packed, as the splits of their names, with features of no use beside, and a negative label."""
    source = tmp_path / "written"
    (source / "images").mkdir(parents=True)
    for number, image in enumerate(IMAGES):
        (source / "images" / f"{number}.png").write_bytes(image)
    write_with_tensorflow(source)
    files = {path.name: path.read_bytes() for path in source.glob("*.tfrecord*")}
    listing = listing_of(tmp_path, files, columns={"group": "Ort"})
    assert same_images(listing, IMAGES * 2)
    assert listing.labels == [str(number * 5 - 1) for number in range(8)] * 2
    assert listing.class_names == ["-1", "4", "9", "14", "19", "24", "29", "34"]
    assert listing.splits == ["test"] * 8 + ["train"] * 8
    assert listing.groups == ["Höhe"] * 16


def test_the_names_of_tensorflows_own_image_sets_are_understood(tmp_path: Path) -> None:
    """Where there is a class's text, it is the class's name."""
    examples = [example(image__encoded=image, image__class__label=3, image__class__text="cat") for image in IMAGES[:2]]
    listing = listing_of(tmp_path, {"data-00000-of-00001": tfrecord(*examples)})
    assert (listing.labels, listing.names) == (["cat", "cat"], ["data-00000-of-00001[0]", "data-00000-of-00001[1]"])
    assert same_images(listing, IMAGES[:2])


def test_features_of_any_name_can_be_given(tmp_path: Path) -> None:
    """For all four purposes."""
    examples = [
        example(bild=image, art=str(number), teil=("train", "test")[number], wer=number)
        for number, image in enumerate(IMAGES[:2])
    ]
    columns = {"file": "bild", "label": "art", "split": "teil", "group": "wer"}
    listing = listing_of(tmp_path, {"a.tfrecord": tfrecord(*examples)}, columns=columns)
    assert (listing.labels, listing.splits, listing.groups) == (["0", "1"], ["train", "test"], ["0", "1"])


def test_records_without_image_or_label_are_counted(tmp_path: Path) -> None:
    """And so are those with several of them."""
    examples = [
        example(image=IMAGES[0], label=1),
        example(label=1),
        example(image=IMAGES[1]),
        example(image=IMAGES[1], label=[1, 2]),
        example(image=7, label=1),
    ]
    listing = listing_of(tmp_path, {"a.tfrecord": tfrecord(*examples)})
    assert same_images(listing, IMAGES[:1])
    assert skipped_of(listing) == {"record without an image in bytes": 2, "record without a label": 2}


GOOD = example(image=IMAGES[0], label=1)
FIRST = record(GOOD)


def flipped(content: bytes, offset: int) -> bytes:
    """One bit of it is another."""
    return content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :]


REFUSALS: dict[str, tuple[bytes, str, str]] = {
    "a wrong checksum of the bytes": (FIRST + flipped(FIRST, 40), "tfrecord.damaged", "record 1"),
    "a wrong checksum of the length": (FIRST + flipped(FIRST, 9), "tfrecord.damaged", "record 1"),
    "a lying length": (
        FIRST + struct.pack("<QI", 2**40, masked_checksum(struct.pack("<Q", 2**40))) + bytes(99),
        "tfrecord.damaged",
        "record 1: says it has 1099511627776 bytes",
    ),
    "cut off in a record": (FIRST + FIRST[:-1], "tfrecord.damaged", "record 1"),
    "cut off in a header": (FIRST + FIRST[:7], "tfrecord.damaged", "record 1: cut off"),
    "no records at all": (b"no records at all", "tfrecord.damaged", "record 0"),
    "no label": (tfrecord(example(image=IMAGES[0], size=4)), "manifest.columns", "'image', 'size'"),
    "a label that is no text": (tfrecord(example(image=IMAGES[0], label=b"\xff")), "labels.encoding", "record 0"),
    "only empty ones": (tfrecord(example(image=b"", label=1)), "tfrecord.empty", "no record"),
    "a message of gigabytes": (tfrecord(b"\x0a" + varint(2**40)), "tfrecord.example", "record 0"),
    "an endless number": (tfrecord(b"\x0a" + b"\xff" * 20), "tfrecord.example", "more than ten bytes"),
    "a group": (tfrecord(b"\x0b" * 50), "tfrecord.example", "unknown kind 3"),
    "a field of number 0": (tfrecord(b"\x02\x00"), "tfrecord.example", "number 0"),
    "very many fields": (tfrecord(b"\x10\x00" * 20_000), "tfrecord.example", "more than 1000 fields"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_lies_or_is_damaged_is_refused_with_the_records_number(tmp_path: Path, case: str) -> None:
    """Framing by its checksums, messages by their lengths."""
    content, rule, words = REFUSALS[case]
    error = refused(tmp_path, {"a.tfrecord": content}, recognise)
    assert error.rule == rule
    assert words in str(error)


def test_a_record_larger_than_an_image_may_be_is_not_read(tmp_path: Path) -> None:
    """Two megabytes where one kilobyte is allowed, and a megabyte for what stands beside."""
    error = refused(
        tmp_path,
        {"a.tfrecord": tfrecord(example(image=bytes(2 << 20), label=1))},
        recognise,
        limits=IngestSettings(max_image_bytes=1000),
    )
    assert error.rule == "tfrecord.too_large"


def test_a_gzip_bomb_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    """Its first record is honest."""
    bomb = gzip.compress(FIRST + bytes(50_000_000))
    error = refused(tmp_path, {"a.tfrecord.gz": bomb}, recognise, limits=IngestSettings(max_ratio=20))
    assert error.rule == "archive.bomb"


@pytest.mark.parametrize("content", [b"", b"short", b"some text that is no record at all", bytes(40)])
def test_other_files_are_not_taken_for_records(tmp_path: Path, content: bytes) -> None:
    """Content decides: a length whose checksum is right."""
    assert read_folder(tmp_path, {"data.bin": content, "b.txt": b"x"}, recognise) is None


VALUES = st.one_of(st.binary(min_size=1, max_size=40), st.integers(-(2**63), 2**63 - 1), st.lists(st.integers(0, 9)))


@settings(max_examples=60, deadline=None)
@given(label=st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(min_size=1)), more=st.lists(VALUES, max_size=5))
def test_labels_survive_whatever_stands_beside_them(label: int | str, more: list[Any]) -> None:
    """All 64-bit integers, all texts."""
    from augury.datasets.formats.records.protobuf import bytes_value, features_of, integer_value

    content = example(**{f"other{number}": value for number, value in enumerate(more)}, image=IMAGES[0], label=label)
    features = features_of(content)
    image = bytes_value(content, features["image"])
    assert image is not None
    assert content[slice(*image)] == IMAGES[0]
    if isinstance(label, int):
        assert integer_value(content, features["label"]) == label
    else:
        span = bytes_value(content, features["label"])
        assert span is not None
        assert content[slice(*span)].decode() == label


@settings(max_examples=150, deadline=None, derandomize=True)
@given(offset=st.integers(0, len(GOOD)), new=st.binary(max_size=6), framed=st.booleans())
def test_no_bytes_upset_the_reader(offset: int, new: bytes, framed: bool) -> None:
    """Damage inside a record with true checksums, and damage anywhere."""
    changed = GOOD[:offset] + new + GOOD[offset + len(new) :]
    content = record(changed) if framed else FIRST[:offset] + new + FIRST[offset + len(new) :]
    survives(content, "a.tfrecord", recognise)


def test_floats_are_class_numbers(tmp_path: Path) -> None:
    """As a missing value left them; NaN is a label that is missing."""
    labels = (10.0, 9.0, float("nan"), 10.0)
    examples = [example(image=IMAGES[number], label=label) for number, label in enumerate(labels)]
    listing = listing_of(tmp_path, {"a.tfrecord": tfrecord(*examples)})
    assert (listing.labels, listing.class_names) == (["10", "9", "10"], ["9", "10"])
    assert skipped_of(listing) == {"record without a label": 1}
