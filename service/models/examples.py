"""What ``POST /v1/models`` takes, with examples; the framework cannot see it, as it is read piece by piece."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from api_schemas.models.references import Architecture, ModelReference

_EXAMPLES: Any = {
    "path": {
        "summary": "A .keras file on the workers' machine, below a root that the operator has configured",
        "value": {"kind": "path", "path": "/data/models/flowers.keras"},
    },
    "weights": {
        "summary": "Weights alone, in a bucket that the operator allows",
        "value": {
            "kind": "s3",
            "bucket": "models",
            "key": "resnet50.weights.h5",
            "architecture": {"name": "applications/ResNet50", "input_shape": [224, 224, 3], "classes": 1000},
        },
    },
}


def model_body() -> tuple[Any, dict[str, Any]]:
    """What the operation says of its body, and the schemas that it refers to."""
    references = "#/components/schemas/{model}"
    reference = TypeAdapter(ModelReference).json_schema(ref_template=references)
    schemas = reference.pop("$defs")
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {
                "type": "string",
                "format": "binary",  # what generators of clients know a file by
                "contentMediaType": "application/octet-stream",
                "minLength": 1,
                "description": "With a filename, and not empty: .keras, .weights.h5 or .safetensors.",
            },
            "architecture": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": references.format(model=Architecture.__name__)},
                "pattern": r"^\{.*\}$",
                "maxLength": 1000,
                "examples": ['{"name": "small_cnn", "input_shape": [8, 8, 1], "classes": 10}'],
                "description": "The network that a file of weights alone belongs to.",
            },
        },
        "additionalProperties": False,
    }
    content = {
        "application/json": {"schema": reference, "examples": _EXAMPLES},
        "multipart/form-data": {"schema": form},
    }
    return {"requestBody": {"required": True, "content": content}}, schemas


MODEL_BODY, MODEL_SCHEMAS = model_body()
