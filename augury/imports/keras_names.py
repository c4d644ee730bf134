"""The layers of Keras that change images, and the names of their arguments."""

from __future__ import annotations

OTHERS = frozenset(
    {
        "AugMix",
        "AutoContrast",
        "CenterCrop",
        "ContrastLimitedAdaptiveHistogramEqualization",
        "CutMix",
        "Equalization",
        "LayerNormalization",
        "MixUp",
        "Normalization",
        "RandAugment",
        "RandomApply",
        "RandomColorDegeneration",
        "RandomColorJitter",
        "RandomContrast",
        "RandomCrop",
        "RandomCutout",
        "RandomElasticTransform",
        "RandomErasing",
        "RandomGaussianBlur",
        "RandomGrayscale",
        "RandomHeight",
        "RandomHue",
        "RandomInvert",
        "RandomPerspective",
        "RandomPosterization",
        "RandomSaturation",
        "RandomSharpness",
        "RandomWidth",
        "Resizing",
        "Solarization",
    }
)
"""Layers that change images as well, and that a spec has nothing like."""

_SIGNATURES: dict[str, tuple[str, ...]] = {
    "RandomFlip": ("mode", "seed"),
    "RandomRotation": ("factor", "fill_mode", "interpolation", "seed", "fill_value"),
    "RandomTranslation": ("height_factor", "width_factor", "fill_mode", "interpolation", "seed", "fill_value"),
    "RandomZoom": ("height_factor", "width_factor", "fill_mode", "interpolation", "seed", "fill_value"),
    "RandomShear": ("x_factor", "y_factor", "interpolation", "fill_mode", "fill_value"),
    "RandomBrightness": ("factor", "value_range", "seed"),
    "Rescaling": ("scale", "offset"),
}


def argument_names(layer: str) -> tuple[str, ...]:
    """The arguments of a layer in the order in which they may be given without their names."""
    return _SIGNATURES.get(layer, ())
