"""Code with ImageDataGenerator becomes a spec, and what is no literal there is said to be lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from typer.testing import CliRunner

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.cli.app import app
from augury.imports.imported import ImportRefused
from augury.imports.keras_code import is_in, read, read_call
from service.web.playground.code import keras_code
from tests.api_schemas.specs import accepted_specs
from tests.augury.reading.code import IMPORT, notebook


@given(spec=accepted_specs())
@settings(deadline=None)
def test_a_spec_written_as_code_is_read_as_the_same_spec(spec: ImageDataGeneratorSpec) -> None:
    """With its preprocessing function, and nothing lost."""
    imported = read(keras_code(spec))
    assert imported.spec == spec
    assert imported.lost == ()


@pytest.mark.parametrize(
    "code",
    [
        "ImageDataGenerator(rotation_range=20)",
        "    gen = tf.keras.preprocessing.image.ImageDataGenerator(\n        rotation_range=20)",
        "from keras.preprocessing.image import ImageDataGenerator as G\nG(rotation_range=20)",
    ],
)
def test_a_call_may_be_copied_without_its_imports(code: str) -> None:
    """And with the indentation that it had."""
    assert read(code).spec == ImageDataGeneratorSpec(rotation_range=20)


def test_the_call_of_a_notebook_is_read() -> None:
    """From its cells."""
    cells = notebook(IMPORT, "!ls\nImageDataGenerator(zoom_range=.1)")
    assert read(cells.decode()).spec == ImageDataGeneratorSpec(zoom_range=0.1)


def test_what_no_spec_can_say_is_named() -> None:
    """Callables, values that are computed, values and parameters that specs have not."""
    imported = read(
        "ImageDataGenerator(rotation_range=20, preprocessing_function=crop, cval=f(3), zoom_range=1.5, colour=1)"
    )
    assert imported.spec == ImageDataGeneratorSpec(rotation_range=20)
    assert [sentence.split()[0] for sentence in imported.lost] == [
        "preprocessing_function",
        "cval",
        "zoom_range",
        "colour",
    ]


def test_of_an_unpacked_dictionary_only_that_is_said() -> None:
    """And not every parameter that may be in it."""
    assert len(read("ImageDataGenerator(rotation_range=20, **more)").lost) == 1


def test_of_several_calls_one_is_chosen() -> None:
    """Unless there is only one, it has to be."""
    code = "a = ImageDataGenerator(cval=1)\nb = ImageDataGenerator(cval=2)"
    with pytest.raises(ImportRefused, match="2 calls of ImageDataGenerator: 1 at 1:5, 2 at 2:5"):
        read(code)
    assert read_call(code, 2).spec == ImageDataGeneratorSpec(cval=2)
    with pytest.raises(ImportRefused, match="no call 3"):
        read_call(code, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("class ImageDataGenerator: pass\nImageDataGenerator(cval=1)", "no call"),
        ("from mine import ImageDataGenerator\nImageDataGenerator(cval=1)", "no call"),
        ("ImageDataGenerator(", "cannot be read as Python 3"),
        ('{"ImageDataGenerator(": 1}', "cannot be read as a notebook"),
        ("ImageDataGenerator(zca_whitening=True, featurewise_std_normalization=True)", "exclude each other"),
    ],
)
def test_where_there_is_no_spec_the_reason_is_said(text: str, reason: str) -> None:
    """Another class of the same name is none."""
    assert is_in(text)
    with pytest.raises(ImportRefused, match=reason):
        read(text)


def test_the_command_reads_a_file_of_training_code(tmp_path: Path) -> None:
    """The call that is named, where there are several."""
    file = tmp_path / "train.py"
    file.write_text(
        f"{IMPORT}a = ImageDataGenerator(rotation_range=20, cval=c)\nb = ImageDataGenerator(zoom_range=0.1)\n"
    )
    refused = CliRunner().invoke(app, ["import", str(file)])
    assert refused.exit_code == 2
    assert "2 calls" in refused.stderr
    done = CliRunner().invoke(app, ["import", str(file), "--call", "1"])
    assert json.loads(done.stdout) == {"rotation_range": 20}
    assert "cval is c there" in done.stderr
