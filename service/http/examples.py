"""Requests that the API documentation shows and that work as they stand."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from api_schemas.datasets.references import DatasetReference, ImageOptions, ManifestColumns
from service.http.openapi import without_null

_DIGITS = {"kind": "builtin", "name": "digits"}
_TURNED = {"name": "turned", "spec": {"rotation_range": 10, "rescale": 1 / 255}}

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
    "trained_with_options": {
        "summary": "With another optimizer, weighted classes, and an end when nothing is gained any more",
        "value": {
            "kind": "comparison",
            "dataset": _DIGITS,
            "candidates": [_TURNED],
            "training": {
                "epochs": 60,
                "optimizer": "adamw",
                "schedule": {"name": "cosine", "warmup_epochs": 3},
                "class_weight": "balanced",
                "early_stopping": {"patience": 10},
            },
        },
    },
    "on_jax": {
        "summary": "Ten seeds of a small model on a GPU, several of them in a step",
        "value": {"kind": "comparison", "dataset": _DIGITS, "candidates": [_TURNED], "device": "gpu"}
        | {"training": {"backend": "jax"}, "evaluation": {"seeds": 10}},
    },
    "rounds_and_recommendation": {
        "summary": "As many seeds as it takes, up to ten, and what to use instead",
        "value": {
            "kind": "comparison",
            "dataset": _DIGITS,
            "candidates": [{"name": "turned", "spec": {"rotation_range": 40, "rescale": 1 / 255}}],
            "evaluation": {"seeds": {"min": 3, "max": 10}, "training_images": 500},
            "recommend": True,
        },
    },
    "epochs_and_images": {
        "summary": "Does it help for longer trainings, and what is it worth in images?",
        "value": {
            "kind": "comparison",
            "dataset": _DIGITS,
            "candidates": [{"name": "mild", "spec": {"rotation_range": 9, "rescale": 1 / 255}}],
            "training": {"epochs": 30},
            "evaluation": {"seeds": 5, "training_images": 500},
            "budget_response": [10, 30, 100],
            "data_response": [0.25, 0.5, 1.0],
        },
    },
    "under_conditions": {
        "summary": "Does turning images in training help with turned, dim or noisy ones in use?",
        "value": {
            "kind": "comparison",
            "dataset": _DIGITS,
            "candidates": [{"name": "turned", "spec": {"rotation_range": 20, "rescale": 1 / 255}}],
            "evaluation": {"conditions": ["rotated", "dimmed", {"name": "noisy", "strengths": [1, 3, 5]}]},
        },
    },
}

JOB_EXAMPLES: Any = {
    **COMPARISON_EXAMPLES,
    "training": {
        "summary": "Train one spec on three seeds and keep the models",
        "value": {
            "kind": "training",
            "dataset": _DIGITS,
            "spec": {"rotation_range": 9, "rescale": 1 / 255},
            "evaluation": {"seeds": 3},
        },
    },
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
    "own_image": {
        "summary": "One's own image: two pixels, a red and a blue one",
        "value": {"image": {"height": 1, "width": 2, "pixels": "/wAAAAD/"}, "spec": {"horizontal_flip": True}},
    },
}

DATASET_EXAMPLES: Any = {
    "builtin": {"summary": "scikit-learn's handwritten digits", "value": _DIGITS},
    "path": {
        "summary": "A folder on the workers' machine, below a root that the operator has configured",
        "value": {"kind": "path", "path": "/data/flowers", "image_size": [64, 64], "resize": "crop"},
    },
    "s3": {
        "summary": "All objects below a prefix, in a bucket that the operator allows",
        "value": {"kind": "s3", "bucket": "images", "key": "flowers/", "image_size": [64, 64], "color_mode": "rgb"},
    },
    "huggingface": {
        "summary": "A dataset of the hub that the operator has named",
        "value": {"kind": "huggingface", "repository": "ylecun/mnist"},
    },
}


_SIDE = "([1-9][0-9]{0,2}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-6])"  # 1 to 4096


def _dataset_body() -> Any:
    """What ``POST /v1/datasets`` takes; the framework cannot see it, as it is read piece by piece."""
    references = "#/components/schemas/{model}"
    reference = TypeAdapter(DatasetReference).json_schema(ref_template=references)
    reference.pop("$defs", None)  # they are among the document's schemas already, as jobs have references too
    texts = {
        "file": {
            "type": "string",
            "format": "binary",  # what generators of clients know a file by
            "contentMediaType": "application/octet-stream",
            "minLength": 1,
            "description": "With a filename, and not empty.",
        },
        "image_size": {
            "type": "string",
            "pattern": f"^{_SIDE}[x,]{_SIDE}$",
            "examples": ["64x64"],
            "description": "Height and width: 64x64 or 64,64.",
        },
        "background": {
            "type": "string",
            "examples": ["white", "128,128,128"],
            "description": "What transparent images are laid on: white, black, or red,green,blue from 0 to 255.",
        },
        "columns": {
            "type": "string",
            "contentMediaType": "application/json",
            "pattern": _columns_pattern(),
            "examples": ['{"label": "species"}'],
        },
    }
    options = ImageOptions.model_json_schema(ref_template=references)["properties"]
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {name: without_null(option) for name, option in options.items()} | texts,
        "additionalProperties": False,
    }
    content = {
        "application/json": {"schema": reference, "examples": DATASET_EXAMPLES},
        "multipart/form-data": {"schema": form},
    }
    return {"requestBody": {"required": True, "content": content}}


def _columns_pattern() -> str:
    """JSON objects of column names, as far as a regular expression can say it."""
    pair = rf'\s*"({"|".join(ManifestColumns.model_fields)})"\s*:\s*"[^"\\\x00-\x1f]+"\s*'
    return rf"^\{{({pair}(,{pair})*)?\}}$"


DATASET_BODY = _dataset_body()
