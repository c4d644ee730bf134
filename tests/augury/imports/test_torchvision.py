"""Reading torchvision's pipelines: what becomes a spec, what is lost, and what is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.exports.options import ExportOptions
from augury.exports.torchvision_transforms import export_torchvision_transforms
from augury.imports import ImportRefused, read_spec
from augury.imports.torchvision import read_torchvision


def _code(*transforms: str) -> str:
    return f"from torchvision import transforms as T\ntrain = T.Compose([{', '.join(transforms)}])\n"


_AT_255 = pytest.approx(1 / 255)
_BLACK = {"fill_mode": "constant"}
_EXAMPLES: list[tuple[list[str], dict[str, Any]]] = [
    (["T.RandomHorizontalFlip()", "T.ToTensor()"], {"horizontal_flip": True, "rescale": _AT_255}),
    (["T.RandomVerticalFlip(p=0.5)"], {"vertical_flip": True}),
    (["T.RandomHorizontalFlip(0)"], {}),
    (["T.RandomRotation(10)"], {"rotation_range": 10, "interpolation_order": 0, **_BLACK}),
    (
        ["T.RandomRotation((-15, 15), interpolation=T.InterpolationMode.BILINEAR, fill=127)"],
        {"rotation_range": 15, "cval": 127.0, **_BLACK},
    ),
    (
        ["T.RandomAffine(0, translate=(0.1, 0.1), scale=(0.8, 1.25), interpolation='bilinear')"],
        {"width_shift_range": 0.1, "height_shift_range": 0.1, "zoom_range": (0.8, 1.25), **_BLACK},
    ),
    (["T.RandomAffine(degrees=5, shear=10, resample=2, fillcolor=0)"],
     {"rotation_range": 5, "shear_range": 10, **_BLACK}),
    (["T.ColorJitter(brightness=0.2)"], {"brightness_range": pytest.approx((0.8, 1.2))}),
    (["T.RandomCrop(32, padding=2, padding_mode='edge')"],
     {"width_shift_range": [-2, -1, 0, 1, 2], "height_shift_range": [-2, -1, 0, 1, 2], "interpolation_order": 0}),
    (["T.ToTensor()", "T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])"],
     {"preprocessing_function": "imagenet_torch"}),
    (["T.ToTensor()", "T.Normalize((0.5,) * 1, (0.5,))", "T.RandomHorizontalFlip(p=0)"], {"rescale": _AT_255}),
    (["T.ToTensor()", "T.Normalize((0.5,), (0.5,))"], {"preprocessing_function": "imagenet_tf"}),
    (["v2.ToImage()", "v2.ToDtype(torch.float32, scale=True)"], {"rescale": _AT_255}),
    (["T.RandomApply([T.RandomRotation(30)], p=0.3)"], {"rotation_range": 30, "interpolation_order": 0, **_BLACK}),
]  # fmt: skip


@pytest.mark.parametrize(("transforms", "expected"), _EXAMPLES)
def test_a_transform_becomes_what_it_means_in_a_spec(transforms: list[str], expected: dict[str, Any]) -> None:
    """With its own defaults, the nearest pixel and black beyond the border among them."""
    spec = read_torchvision(_code(*transforms)).spec
    assert spec.model_dump(exclude_defaults=True) == expected


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        ("T.RandomHorizontalFlip(p=0.3)", "probability 0.3, the spec with 0.5"),
        ("T.RandomRotation((0, 90))", "from 0 to 90° becomes -90 to 90°"),
        ("T.RandomRotation(10, expand=True)", "expand is left out"),
        ("T.RandomAffine(0, scale=(0.5, 1))", "draws the scale uniformly, the spec its inverse, from 1 to 2"),
        ("T.RandomAffine(0, scale=(0.5, 1))", "scales both axes alike"),
        ("T.RandomAffine(0, translate=(0.1, 0.2))", "height_shift_range is what moves columns"),
        ("T.RandomAffine(0, shear=(-5, 5, -3, 3))", "the shear along y is left out"),
        ("T.RandomAffine(0, shear=5)", "squeezes the height"),
        ("T.RandomAffine(9, fill=(0, 30, 60))", "the grey 30"),
        ("T.ColorJitter(0.1, 0.2, hue=0.1)", "left out for want of a counterpart: contrast, hue."),
        ("T.RandomApply([T.RandomVerticalFlip()], p=0.3)", "with probability 0.3"),
        ("T.RandomErasing()", "RandomErasing in line 2 has no counterpart"),
        ("T.Resize(64)", "where a dataset is read"),
        ("T.RandomRotation(ANGLE)", "degrees is not a literal"),
        ("T.RandomRotation(__import__('os').getpid())", "degrees is not a literal"),
        ("T.Normalize((0.1, 0.2, 0.3), (1, 1, 1))", "no spec's"),
        ("T.Normalize((0.5,), (0.0,))", "divides by 0"),
        ("T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])", "nothing divides by 255 before"),
        ("T.RandomRotation(10), T.RandomRotation(20)", "rotation_range is 10.0 already; 20.0 is left out"),
        ("T.RandomCrop(32)", "a crop is a shift only where"),
    ],
)
def test_what_the_spec_does_otherwise_is_said(transform: str, words: str) -> None:
    """In a sentence that names the transform."""
    lost = read_torchvision(_code("T.RandomVerticalFlip()", transform)).lost
    assert [sentence for sentence in lost if words in sentence], lost


def test_of_several_pipelines_that_with_the_most_transforms_is_read_and_said() -> None:
    """Beside the one for training there is often one for validation."""
    read = read_torchvision(f"{_code('T.ToTensor()')}{_code('T.ToTensor()', 'T.RandomHorizontalFlip()')}")
    assert read.spec.horizontal_flip
    assert "of 2 pipelines that in line 4 is read." in read.lost


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print 1", "line 1 cannot be read as Python 3"),
        ("x = 1", "there is no pipeline here"),
        (_code("T.Unknown()"), "there is no pipeline here"),
        (_code("T.RandomRotation(720)"), "rotation_range"),
        (_code("T.RandomHorizontalFlip(1, 2, 3)"), "3 positional arguments"),
        ("Compose([" * 300 + "])" * 300, "cannot be read"),
        ("\0", "cannot be read"),
        (_code(*["T.ToTensor()"] * 600), "at most 500"),
        ("#" * 1_000_001, "characters"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(code: str, words: str) -> None:
    """And with the line where there is one."""
    with pytest.raises(ImportRefused) as refused:
        read_torchvision(code)
    assert words in str(refused.value)


def test_nothing_that_is_read_is_carried_out(tmp_path: Path) -> None:
    """Neither what stands beside a pipeline nor what stands in it."""
    left = tmp_path / "left"
    write = f"open({str(left)!r}, 'w').close()"
    read_torchvision(f"{write}\n{_code(f'T.RandomRotation({write})', 'T.RandomHorizontalFlip()')}")
    assert not left.exists()


_FLAGS = st.booleans()
_FRACTIONS = st.floats(0.01, 0.5)


@given(
    rotation_range=st.floats(1, 180), width_shift_range=_FRACTIONS, height_shift_range=_FRACTIONS,
    shear_range=st.floats(1, 60), low=st.floats(0.3, 1), high=st.floats(1.01, 2), cval=st.floats(0, 255),
    horizontal_flip=_FLAGS, vertical_flip=_FLAGS, rescale=st.sampled_from([None, 1 / 255, 2.0]),
)  # fmt: skip
def test_what_was_exported_is_read_as_the_same_ranges(low: float, high: float, cval: float, **ranges: Any) -> None:
    """Up to rounding, and to what the export says that it does otherwise."""
    spec = ImageDataGeneratorSpec(zoom_range=(low, high), fill_mode="constant", cval=cval, **ranges)
    exported = export_torchvision_transforms(spec, ExportOptions(image_size=(32, 32)))
    read = read_spec(exported.content, "torchvision").spec.model_dump()
    read["cval"] *= 255  # it fills what is in 0-1 already
    expected = spec.model_dump()
    for name, value in expected.items():
        assert read[name] == (value if value is None or isinstance(value, str) else pytest.approx(value)), name


@given(st.text(max_size=200) | st.text(alphabet="()[]{},.:='\" \nTCompose0-9", max_size=200))
def test_no_text_is_too_strange_to_be_refused(text: str) -> None:
    """It is read, or refused; nothing else is raised."""
    with contextlib.suppress(ImportRefused):
        assert read_torchvision(f"Compose([ToTensor(), {text}").source == "torchvision"
