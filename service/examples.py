"""Requests that the API documentation shows and that work as they stand."""

from __future__ import annotations

from typing import Any

_DIGITS = {"kind": "builtin", "name": "digits"}

COMPARISON_EXAMPLES: Any = {
    "flip": {
        "summary": "Does mirroring hurt digits?",
        "value": {
            "kind": "comparison",
            "dataset": _DIGITS,
            "candidates": [{"name": "flip", "spec": {"horizontal_flip": True, "rescale": 1 / 255}}],
            "training": {"epochs": 10},
        },
    },
    "three_specs": {
        "summary": "Three specs on 500 training digits",
        "value": {
            "kind": "comparison",
            "dataset": _DIGITS,
            "candidates": [
                {
                    "name": "over",
                    "spec": {
                        "rotation_range": 90,
                        "width_shift_range": 0.5,
                        "height_shift_range": 0.5,
                        "shear_range": 0.5,
                        "zoom_range": 0.5,
                        "horizontal_flip": True,
                        "fill_mode": "nearest",
                    },
                },
                {
                    "name": "appropriate",
                    "spec": {
                        "rotation_range": 20,
                        "width_shift_range": 0.1,
                        "height_shift_range": 0.1,
                        "horizontal_flip": True,
                        "rescale": 1 / 255,
                    },
                },
                {
                    "name": "targeted",
                    "spec": {
                        "brightness_range": [0.8, 1.2],
                        "channel_shift_range": 0.1,
                        "samplewise_center": True,
                        "samplewise_std_normalization": True,
                    },
                },
            ],
            "evaluation": {"seeds": 5, "training_images": 500},
            "labels": {"project": "standing-example"},
        },
    },
}

JOB_EXAMPLES: Any = {
    **COMPARISON_EXAMPLES,
    "augmented_folder": {
        "summary": "Two augmented copies of every digit, as an image folder",
        "value": {
            "kind": "augmentation",
            "dataset": _DIGITS,
            "spec": {"rotation_range": 15, "width_shift_range": 0.1, "height_shift_range": 0.1},
            "rounds": 2,
            "seed": 7,
            "format": "zip",
        },
    },
}

PREVIEW_EXAMPLES: Any = {
    "drawn": {
        "summary": "What a popular spec does to digits, with what was drawn",
        "value": {
            "dataset": _DIGITS,
            "spec": {
                "rotation_range": 20,
                "width_shift_range": 0.1,
                "height_shift_range": 0.1,
                "horizontal_flip": True,
            },
            "show_parameters": True,
        },
    },
    "worst_case": {
        "summary": "The same spec at its limits",
        "value": {
            "dataset": _DIGITS,
            "spec": {
                "rotation_range": 20,
                "width_shift_range": 0.1,
                "height_shift_range": 0.1,
                "horizontal_flip": True,
            },
            "worst_case": True,
        },
    },
}
