"""``flow_from_directory`` and ``flow_from_dataframe`` beside Keras's, and on tables of every make."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from augury.augmentation import DataFrameIterator, ImageDataGenerator
from tests.augury.augmentation.generator.keras_side_by_side import assert_alike, assert_same
from tests.stable_ids import without_addresses

RANDOM = np.random.default_rng(1)
CLASSES = ("ant", "bee", "cat")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of 4, 5 and 6 pictures in different sizes, modes, formats and depths; text files beside them."""
    root = tmp_path_factory.mktemp("pictures")
    for number, name in enumerate(CLASSES):
        (root / name / "below").mkdir(parents=True)
        for index in range(4 + number):
            pixels = RANDOM.integers(0, 256, (20 + index, 30 - 2 * index, 4), np.uint8)
            picture = Image.fromarray(pixels).convert(("RGB", "L", "RGBA", "P")[(index + number) % 4])
            picture.save(root / name / ("below" if index % 3 == 2 else "") / f"{index}.png")
        (root / name / "notes.txt").write_text("no picture")
    Image.fromarray(RANDOM.integers(0, 60_000, (20, 20)).astype(np.uint16)).save(root / "ant" / "deep.png")
    Image.fromarray(RANDOM.integers(0, 256, (20, 20, 3), np.uint8)).save(root / "bee" / "UPPER.JPG")
    (root / "linked").symlink_to(root / "cat", target_is_directory=True)
    return root


FOUND = ("samples", "num_classes", "class_indices", "classes", "filenames", "filepaths", "labels", "image_shape",
         "target_size", "color_mode", "class_mode", "n", "split", "sample_weight")  # fmt: skip
GENERATOR = {"rotation_range": 20, "horizontal_flip": True, "zoom_range": 0.2, "rescale": 0.5, "validation_split": 0.4}


def _from_directory(folder: Path, generator: dict[str, Any], arguments: dict[str, Any]) -> Any:
    def act(library: Any) -> Any:
        flow = library.ImageDataGenerator(**generator).flow_from_directory(
            str(folder), **{"target_size": (16, 12), "batch_size": 4, "seed": 5, **arguments}
        )
        attributes = {name: getattr(flow, name) for name in FOUND}
        return [attributes, len(flow), next(flow), flow[1], next(flow)]

    return assert_same(act, 0.02)


@pytest.mark.parametrize("arguments", [
    {}, {"class_mode": "sparse"}, {"class_mode": "input"}, {"class_mode": None}, {"shuffle": False},
    {"class_mode": "binary", "classes": ["cat", "ant"]}, {"classes": ["bee", "nothing"]}, {"follow_links": True},
    {"subset": "training"}, {"subset": "validation"}, {"color_mode": "grayscale"}, {"color_mode": "rgba"},
    {"interpolation": "bilinear"}, {"interpolation": "lanczos", "keep_aspect_ratio": True},
    {"interpolation": "hamming"},
    {"keep_aspect_ratio": True}, {"target_size": [20, 9]}, {"batch_size": 100}, {"seed": None},
    {"color_mode": "cmyk"}, {"class_mode": "raw"}, {"subset": "test"}, {"interpolation": "linear"},
], ids=without_addresses)  # fmt: skip
def test_a_folder_gives_the_batches_of_keras(folder: Path, arguments: dict[str, Any]) -> None:
    """Files, classes, images and labels, or the same class of error."""
    _from_directory(folder, GENERATOR, arguments)


@pytest.mark.parametrize("generator", [
    {}, {"data_format": "channels_first"}, {"dtype": "float64", "rotation_range": 30}, {"dtype": "uint8"},
    {"dtype": "float16", "zoom_range": 0.3}, {"brightness_range": (0.5, 1.5)}, {"samplewise_center": True},
    {"preprocessing_function": lambda image: image + np.random.random()}, {"width_shift_range": [1, 2]},
], ids=without_addresses)  # fmt: skip
def test_any_generator_reads_files_as_keras(folder: Path, generator: dict[str, Any]) -> None:
    """Formats, types and functions of the user's: files are computed as floats whatever the batch's type."""
    if generator.get("dtype") == "float16":
        generator = {**generator, "rescale": 1 / 255}
    _from_directory(folder, generator, {})


def test_reading_can_be_set_anew(folder: Path) -> None:
    """``set_processing_attrs`` as in Keras, also to no generator, and to a format that is not the generator's."""

    def batches(library: Any) -> Any:
        generator = library.ImageDataGenerator(width_shift_range=0.3, vertical_flip=True)
        flow = library.DirectoryIterator(str(folder), generator, (12, 12), batch_size=3, seed=1, dtype="float32")
        made = [next(flow)]
        for augmenter, data_format in ((None, "channels_first"), (generator, "channels_first")):
            flow.set_processing_attrs(
                augmenter, (3, 4), "rgb", data_format, None, "", "png", None, "nearest", False
            )  # fmt: skip
            made += [flow.image_shape, next(flow)]
        return made

    assert_same(batches, 0.02)


def test_a_missing_folder_is_an_error_of_the_system(tmp_path: Path) -> None:
    """As in Keras; an empty one has no batches."""
    assert_same(lambda library: library.ImageDataGenerator().flow_from_directory(tmp_path / "none"))
    assert_same(lambda library: len(library.ImageDataGenerator().flow_from_directory(tmp_path)))


def test_tiff_files_are_warned_of(tmp_path: Path) -> None:
    """Files that end with .tiff, as in Keras."""
    (tmp_path / "a").mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "a" / "0.tiff")
    with pytest.warns(UserWarning, match=r"0\.tiff.*multiple bands"):
        assert ImageDataGenerator().flow_from_directory(tmp_path).samples == 1


def test_what_was_found_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, in Keras's words, which scripts read."""
    ImageDataGenerator().flow_from_directory(folder, classes=["ant", "bee"])
    assert capsys.readouterr().out == "Found 11 images belonging to 2 classes.\n"
    ImageDataGenerator().flow_from_dataframe({"filename": ["ant/0.png"]}, folder, class_mode=None)
    assert capsys.readouterr().out == "Found 1 validated image filenames.\n"


@pytest.mark.parametrize("library_method", ["flow", "flow_from_directory"])
def test_saved_pictures_are_those_of_keras(folder: Path, tmp_path: Path, library_method: str) -> None:
    """The same names, numbers and formats, and their pixels: stretched to 0-255, whatever the rescaling."""
    images = RANDOM.integers(0, 256, (6, 8, 9, 3), np.uint8)

    def saved(library: Any) -> Any:
        target = tmp_path / library.__name__
        target.mkdir()
        generator = library.ImageDataGenerator(horizontal_flip=True, rescale=1 / 255)
        source = {"flow": images, "flow_from_directory": str(folder)}[library_method]
        flow = getattr(generator, library_method)(
            source, batch_size=4, seed=2, save_to_dir=target, save_prefix="made", save_format="bmp"
        )
        next(flow), flow[1]
        return [(name, np.asarray(Image.open(target / name))) for name in sorted(os.listdir(target))]

    assert len(assert_same(saved, 1.0)) >= 6


TABLE = {
    "filename": ["ant/0.png", "bee/0.png", "cat/0.png", "bee/1.png", "cat/1.png", "ant/1.png"],
    "class": ["a", "b", "c", "b", "c", "a"],
    "both": ["a", "b", "a", "b", "a", "b"],
    "several": ["a", ["a", "b"], ("c",), ["b"], "c", ["c", "a"]],
    "number": [0.5, 1.5, 2.5, 3.5, 4.5, 5.5],
    "count": [1, 2, 3, 4, 5, 6],
    "vector": [[index, index + 0.5] for index in range(6)],
    "weight": [1, 2, 1, 2, 1, 2],
}


def _flow(folder: Path, table: Any = TABLE, **arguments: Any) -> DataFrameIterator:
    generator = ImageDataGenerator(validation_split=0.5)
    defaults = {"target_size": (8, 8), "batch_size": 6, "shuffle": False}
    return generator.flow_from_dataframe(table, folder, **{**defaults, **arguments})


@pytest.mark.parametrize(("arguments", "labels"), [
    ({}, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    ({"class_mode": "sparse"}, [0, 1, 2, 1, 2, 0]),
    ({"class_mode": "sparse", "classes": ["c", "a"]}, [1, 0, 0, 1]),
    ({"class_mode": "binary", "y_col": "both"}, [0, 1, 0, 1, 0, 1]),
    ({"y_col": "several"}, [[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1], [1, 0, 1]]),
    ({"y_col": "several", "classes": ["c", "b", "c"]}, [[0, 1], [1, 0], [0, 1], [1, 0], [1, 0]]),
    ({"class_mode": "raw", "y_col": "number"}, TABLE["number"]),
    ({"class_mode": "raw", "y_col": ["number", "count"]}, [[0.5 + row, 1 + row] for row in range(6)]),
    ({"class_mode": "other", "y_col": "count"}, TABLE["count"]),
    ({"class_mode": "sparse", "subset": "validation"}, [0, 1, 2]),
    ({"class_mode": "sparse", "subset": "training"}, [1, 2, 0]),
], ids=without_addresses)  # fmt: skip
@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_class_modes_give_their_labels(folder: Path, arguments: dict[str, Any], labels: Any) -> None:
    """One-hot, numbers, several classes an image, values as they are; classes not asked for are left out."""
    flow = _flow(folder, **arguments)
    images, got = next(flow)
    np.testing.assert_array_equal(got, np.array(labels))
    assert len(images) == flow.samples == len(labels) == len(flow.filepaths)


def test_further_class_modes(folder: Path) -> None:
    """A list of outputs, the images themselves, and images alone."""
    images, outputs = next(_flow(folder, class_mode="multi_output", y_col=["number", "vector"]))
    assert [output.tolist() for output in outputs] == [TABLE["number"], TABLE["vector"]]
    images, targets = next(_flow(folder, class_mode="input"))
    np.testing.assert_array_equal(images, targets)
    assert not np.shares_memory(images, targets)
    assert next(_flow(folder, class_mode=None, y_col=None)).shape == (6, 8, 8, 3)


def test_weights_are_given_out_with_the_labels(folder: Path) -> None:
    """Of the rows that are left, in their order."""
    flow = _flow(folder, weight_col="weight", class_mode="sparse", classes=["b", "c"])
    assert next(flow)[2].tolist() == [2, 1, 2, 1]
    assert flow.sample_weight.tolist() == [2, 1, 2, 1]


@pytest.mark.parametrize(("arguments", "error", "words"), [
    ({"class_mode": "output"}, ValueError, "Invalid class_mode: 'output'"),
    ({"color_mode": "cmyk"}, ValueError, "Invalid color mode: 'cmyk'"),
    ({"subset": "test"}, ValueError, "Invalid subset name: 'test'"),
    ({"class_mode": "multi_output"}, TypeError, "y_col must be a list, got str"),
    ({"class_mode": "binary"}, ValueError, "must be 2 classes, 3 were found"),
    ({"class_mode": "binary", "y_col": "both", "classes": ["a"]}, ValueError, "must be 2 classes, 1 were given"),
    ({"class_mode": "sparse", "y_col": "count"}, TypeError, 'y_col="count" column values must be strings, got 1'),
    ({"y_col": "number"}, TypeError, "must be type string, list or tuple, got 0.5"),
    ({"x_col": "count"}, TypeError, "column x_col=count must be strings, got 1"),
    ({"weight_col": "class"}, TypeError, "weight_col=class must be numeric"),
    ({"y_col": "none"}, KeyError, "none"),
    ({"table": [1, 2]}, TypeError, "must be a table with columns, e.g. a dict of lists, got list"),
    ({"table": {"filename": ["a"], "class": []}}, ValueError, "must have the same length"),
], ids=without_addresses)  # fmt: skip
def test_a_faulty_table_is_refused(folder: Path, arguments: dict[str, Any], error: Any, words: str) -> None:
    """Before anything is read, with the value that is wrong."""
    with pytest.raises(error, match=words):
        _flow(folder, **arguments)


def test_missing_files_are_left_out_with_a_warning(folder: Path) -> None:
    """As are files without the ending of an image, unless nothing is to be checked; whole paths need no folder."""
    names = [str(folder / "ant" / "0.png"), str(folder / "ant" / "notes.txt"), str(folder / "none.png")]
    with pytest.warns(UserWarning, match=r'Found 2 invalid image filename\(s\) in x_col="filename"'):
        flow = ImageDataGenerator().flow_from_dataframe({"filename": names}, class_mode=None)
    assert flow.filepaths == names[:1]
    unchecked = ImageDataGenerator().flow_from_dataframe(
        {"filename": names}, class_mode=None, validate_filenames=False, shuffle=False
    )
    assert unchecked.samples == 3
    with pytest.raises(OSError, match=r"none\.png|cannot identify"):
        next(unchecked)


@pytest.mark.parametrize("name", ["has_ext", "sort", "drop_duplicates"])
def test_deprecated_arguments_are_warned_of(folder: Path, name: str) -> None:
    """They have no effect; classes that will not be used are warned of, too."""
    with pytest.warns(DeprecationWarning, match=f"{name} is deprecated"):
        _flow(folder, **{name: False})
    with pytest.warns(UserWarning, match='`classes` will be ignored given the class_mode="raw"'):
        _flow(folder, class_mode="raw", y_col="number", classes=["a"])


class Frame:
    """A table as some libraries make them: columns by subscript, as NumPy arrays."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self.columns = list(columns)
        self._columns = columns

    def __getitem__(self, name: str) -> np.ndarray:
        return np.array(self._columns[name])


@pytest.mark.parametrize("make", [dict, pa.table, Frame])
def test_anything_with_columns_is_a_table(folder: Path, make: Any) -> None:
    """A dict of lists, an Arrow table, arrays: the same batches."""
    kept = {name: TABLE[name] for name in ("filename", "class", "number", "count", "vector", "weight")}
    for arguments in (
        {"class_mode": "sparse", "weight_col": "weight"},
        {"class_mode": "raw", "y_col": ["number", "count"]},
        {"class_mode": "multi_output", "y_col": ["vector", "number"]},
    ):
        expected = next(_flow(folder, **arguments))
        assert_alike(next(_flow(folder, make(kept), **arguments)), expected, 0.0, 0.0)


@pytest.mark.parametrize("arguments", [
    {}, {"class_mode": "sparse", "weight_col": "weight"}, {"y_col": "several", "classes": ["c", "b"]},
    {"class_mode": "binary", "y_col": "both"}, {"class_mode": "raw", "y_col": "number"},
    {"class_mode": "raw", "y_col": ["number", "count"]}, {"class_mode": "input"}, {"class_mode": None},
    {"class_mode": "raw", "y_col": "vector"}, {"class_mode": "raw", "y_col": "small"},
    {"class_mode": "multi_output", "y_col": ["vector", "number", "small"]}, {"subset": "training"},
    {"class_mode": "binary"}, {"class_mode": "sparse", "y_col": "count"}, {"y_col": "number"}, {"x_col": "count"},
    {"weight_col": "class"}, {"class_mode": "multi_output"}, {"x_col": "none"}, {"classes": ["a"], "class_mode": None},
    {"class_mode": "other", "y_col": "yes"}, {"has_ext": True}, {"validate_filenames": False}, {"weight_col": "yes"},
], ids=without_addresses)  # fmt: skip
def test_a_pandas_frame_gives_the_batches_of_keras(folder: Path, arguments: dict[str, Any]) -> None:
    """With an index of its own and a file that is missing."""
    import pandas  # which few tests need

    frame = pandas.DataFrame(TABLE, index=list("xyzuvw")).assign(
        small=np.arange(6, dtype=np.float32), yes=np.arange(6) > 2
    )
    if "validate_filenames" not in arguments:
        frame.loc["y", "filename"] = "none.png"

    def act(library: Any) -> Any:
        flow = library.ImageDataGenerator(**GENERATOR).flow_from_dataframe(
            frame, str(folder), **{"target_size": (16, 12), "batch_size": 4, "seed": 5, **arguments}
        )
        names = [name for name in (*FOUND, "class_indices") if hasattr(flow, name)]
        names = [name for name in names if name not in ("num_classes", "labels") or flow.class_mode is not None]
        return [{name: getattr(flow, name) for name in names if name != "labels"}, len(flow), next(flow), flow[1]]

    assert_same(act, 0.02)
