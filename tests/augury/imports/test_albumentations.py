"""Reading Albumentations' pipelines, saved or as code: what becomes a spec, what is lost, and what is refused."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.exports.albumentations import export_albumentations
from augury.exports.options import ExportOptions
from augury.imports import ImportRefused, read_spec
from augury.imports.albumentations import read_albumentations


def _code(*transforms: str) -> str:
    return f"import albumentations as A\nimport cv2\ntrain = A.Compose([{', '.join(transforms)}])\n"


_BLACK = {"fill_mode": "constant"}
_EXAMPLES: list[tuple[list[str], dict[str, Any]]] = [
    (["A.HorizontalFlip()", "A.VerticalFlip(p=0.5)"], {"horizontal_flip": True, "vertical_flip": True}),
    (["A.HorizontalFlip(p=0)", "A.NoOp()"], {}),
    (["A.Rotate(limit=20, border_mode=cv2.BORDER_REPLICATE, p=1)"], {"rotation_range": 20}),
    (["A.Rotate((-30, 30), p=1.0)"], {"rotation_range": 30, **_BLACK}),
    (
        ["A.ShiftScaleRotate(shift_limit=0.1, scale_limit=0.25, rotate_limit=10, border_mode=2, p=1)"],
        {"width_shift_range": 0.1, "height_shift_range": 0.1, "rotation_range": 10, "fill_mode": "reflect",
         "zoom_range": pytest.approx((0.8, 1 / 0.75))},
    ),
    (["A.Affine(rotate=(-5, 5), shear=(-8, 8), p=1)"], {"rotation_range": 5, "shear_range": 8, **_BLACK}),
    (
        ["A.Affine(translate_px={'x': (-2, 2)}, interpolation=cv2.INTER_NEAREST, border_mode=1, p=1)"],
        {"height_shift_range": [-2, -1, 0, 1, 2], "interpolation_order": 0},
    ),
    (["A.MultiplicativeNoise(multiplier=(0.8, 1.2), p=1)"], {"brightness_range": (0.8, 1.2)}),
    (["A.ColorJitter(0.3, p=1)"], {"brightness_range": pytest.approx((0.7, 1.3))}),
    (["A.RandomBrightnessContrast(0.1, 0, p=1)"], {"channel_shift_range": pytest.approx(25.5)}),
    (["A.HorizontalFlip()", "A.Normalize()", "ToTensorV2()"],
     {"horizontal_flip": True, "preprocessing_function": "imagenet_torch"}),
    (["A.Normalize(mean=0, std=1)"], {"rescale": pytest.approx(1 / 255)}),
    (["A.ToFloat(max_value=255)"], {"rescale": pytest.approx(1 / 255)}),
    (["A.Normalize(normalization='image')"], {"samplewise_center": True, "samplewise_std_normalization": True}),
]  # fmt: skip


@pytest.mark.parametrize(("transforms", "expected"), _EXAMPLES)
def test_a_transform_becomes_what_it_means_in_a_spec(transforms: list[str], expected: dict[str, Any]) -> None:
    """With its own defaults, black beyond the border among them."""
    spec = read_albumentations(_code(*transforms)).spec
    assert spec.model_dump(exclude_defaults=True) == expected


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        ("A.Rotate(20)", "applied to 50% of the images; the spec applies it always"),
        ("A.VerticalFlip(p=1)", "applied to 100% of the images; the spec applies it for half"),
        ("A.Rotate((0, 20), p=1)", "becomes -20 to 20°"),
        ("A.Rotate(20, border_mode=cv2.BORDER_REFLECT_101, p=1)", "repeats with another period"),
        ("A.Affine(scale=(0.5, 1), p=1)", "its inverse, from 1 to 2"),
        ("A.Affine(scale={'x': (0.5, 1), 'y': 1}, p=1)", "by different ranges"),
        ("A.Affine(shear={'x': 0, 'y': (-3, 3)}, p=1)", "along y is left out"),
        ("A.Affine(rotate=15, p=1)", "from 15 to 15° becomes -15 to 15°"),
        ("A.RandomBrightnessContrast(p=1)", "contrast has no counterpart"),
        ("A.MultiplicativeNoise(per_channel=True)", "numbers of their own"),
        ("A.OneOf([A.Blur(), A.Rotate()])", "OneOf in line 3 has no counterpart"),
        ("A.CoarseDropout()", "has no counterpart"),
        ("A.Resize(64, 64)", "where a dataset is read"),
        ("A.Rotate(limit=limit)", "limit is not a literal"),
        ("A.Rotate(limit=config.limit)", "limit is config.limit, which is not a literal"),
        (
            "A.Affine(rotate=(-5, 5), mode='constant', p=1), A.Rotate((-5, 5), border_mode=1, p=1)",
            "'nearest' is left out",
        ),
        ("A.Sequential([A.VerticalFlip()])", "Sequential in line 3 is applied to 50%"),
        ("A.Affine(translate_px=1000, p=1)", "whole ones up to 400"),
    ],
)
def test_what_the_spec_does_otherwise_is_said(transform: str, words: str) -> None:
    """In a sentence that names the transform."""
    lost = read_albumentations(_code("A.HorizontalFlip()", transform)).lost
    assert [sentence for sentence in lost if words in sentence], lost


def test_a_pipeline_that_leaves_images_alone_as_a_whole_says_so() -> None:
    """Its own probability counts like that of its transforms."""
    read = read_albumentations("import albumentations as A\nA.Compose([A.HorizontalFlip()], p=0.3)")
    assert read.spec.horizontal_flip
    assert read.lost == ("Compose in line 2 is applied to 30% of the images; the spec applies it always.",)


@pytest.mark.parametrize("write", [json.dumps, repr], ids=["JSON", "dictionary"])
def test_a_saved_pipeline_is_read_like_the_code_that_makes_it(write: Any) -> None:
    """As JSON, and as Python prints what ``to_dict`` returns."""
    flip = {"__class_fullname__": "HorizontalFlip", "p": 0.5}
    old = {
        "__class_fullname__": "albumentations.augmentations.VerticalFlip",
        "always_apply": False,
        "p": 0.5,
    }
    whole = {"__class_fullname__": "Compose", "p": 1.0, "transforms": [flip, old], "bbox_params": None}
    read = read_spec(write({"__version__": "2.0.8", "transform": whole}))
    assert read.source == "albumentations"
    assert read.spec == ImageDataGeneratorSpec(horizontal_flip=True, vertical_flip=True)
    assert read.lost == ()


_DEEP = '{"__class_fullname__": "Compose", "transforms": [' * 2000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "neither JSON nor a dictionary"),
        ("{}", "a saved transform needs __class_fullname__"),
        ('{"transform": {"__class_fullname__": 3}}', "a saved transform needs"),
        (_DEEP + "]}" * 2000, "deeply"),
        (json.dumps({"__class_fullname__": "Compose", "transforms": [{"__class_fullname__": "NoOp"}] * 600}), "500"),
        (_code("A.Rotate(720, p=1)"), "rotation_range"),
        ("A.Compose([", "cannot be read as Python 3"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(text: str, words: str) -> None:
    """However it is broken."""
    with pytest.raises(ImportRefused) as refused:
        read_albumentations(text)
    assert words in str(refused.value)


_FRACTIONS = st.floats(0.01, 0.5)


@given(
    rotation_range=st.floats(1, 180), width_shift_range=_FRACTIONS, height_shift_range=_FRACTIONS,
    shear_range=st.floats(1, 60), low=st.floats(0.3, 1), high=st.floats(1.01, 2),
    channel_shift_range=st.floats(1, 100), fill_mode=st.sampled_from(["nearest", "reflect", "wrap"]),
    horizontal_flip=st.booleans(), rescale=st.sampled_from([None, 1 / 255, 2.0]),
)  # fmt: skip
def test_what_was_exported_is_read_as_the_same_ranges(low: float, high: float, **ranges: Any) -> None:
    """Up to rounding, and to what the export says that it does otherwise."""
    spec = ImageDataGeneratorSpec(zoom_range=(low, high), **ranges)
    exported = export_albumentations(spec, ExportOptions(image_size=(32, 32)))
    read = read_spec(exported.content).spec.model_dump()
    for name, value in spec.model_dump().items():
        assert read[name] == (value if value is None or isinstance(value, str) else pytest.approx(value)), name


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=5,
)


@given(
    st.sampled_from(["Affine", "Rotate", "Normalize", "ColorJitter", "ShiftScaleRotate", "ToFloat", "HorizontalFlip"]),
    st.dictionaries(
        st.sampled_from(["p", "limit", "scale", "shear", "rotate", "translate_px", "mean", "std", "brightness"]),
        _VALUES,
    ),
)
def test_whatever_a_saved_transform_says_it_is_read_or_refused(name: str, arguments: dict[str, Any]) -> None:
    """Nothing else is raised."""
    told = {"__class_fullname__": "Compose", "transforms": [{"__class_fullname__": name, **arguments}]}
    with contextlib.suppress(ImportRefused):
        assert read_albumentations(json.dumps(told)).source == "albumentations"
