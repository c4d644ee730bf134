"""Arms that single out one random transform of a candidate: it alone, and all but it."""

from __future__ import annotations

from collections.abc import Iterable

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.candidates import Candidate
from api_schemas.plans import Arm, ArmRole

RANDOM_PARAMETERS = (
    "rotation_range",
    "width_shift_range",
    "height_shift_range",
    "shear_range",
    "zoom_range",
    "brightness_range",
    "channel_shift_range",
    "horizontal_flip",
    "vertical_flip",
)


def random_parameters(spec: ImageDataGeneratorSpec) -> list[str]:
    """Names of the random transforms that the spec sets, in a fixed order."""
    identity = ImageDataGeneratorSpec()
    set_ = [name for name in RANDOM_PARAMETERS if getattr(spec, name) != getattr(identity, name)]
    return [name for name in set_ if only(spec, name).has_augmentation]


def only(spec: ImageDataGeneratorSpec, parameter: str) -> ImageDataGeneratorSpec:
    """The spec with no random transform but that one; preprocessing and filling stay."""
    return _with_identity(spec, [name for name in RANDOM_PARAMETERS if name != parameter])


def without(spec: ImageDataGeneratorSpec, *parameters: str) -> ImageDataGeneratorSpec:
    """The spec with these parameters as they are where nobody sets them."""
    return _with_identity(spec, parameters)


def attribution_arms(candidate: Candidate) -> list[Arm]:
    """One-at-a-time and leave-one-out arms; none for a candidate with a single random transform."""
    parameters = random_parameters(candidate.spec)
    if len(parameters) < 2:
        return []
    return [
        Arm(name=f"{candidate.name}:{how}:{name}", role=ArmRole.ATTRIBUTION, spec=vary(candidate.spec, name))
        for name in parameters
        for how, vary in (("only", only), ("without", without))
    ]


def _with_identity(spec: ImageDataGeneratorSpec, names: Iterable[str]) -> ImageDataGeneratorSpec:
    identity = ImageDataGeneratorSpec()
    return spec.model_copy(update={name: getattr(identity, name) for name in names})
