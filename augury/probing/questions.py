"""What is asked about a candidate, as an address: a model gives the same answers to the same questions."""

from __future__ import annotations

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.planning.canonical import digest

_VERSION = "1"
"""Raised when a probe asks something else about a spec, or would count the answers otherwise."""


def questions_about(spec: ImageDataGeneratorSpec) -> str:
    """SHA-256 in hexadecimal: equal for specs about which the same model is asked the same."""
    return digest({"version": _VERSION, "spec": spec.model_dump(mode="json")})
