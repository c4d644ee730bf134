"""A spec, and the comparison that it is tried in, to be taken along: as they run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Export, Fidelity, Target
from augury.exports import TARGETS, export
from augury.exports.options import ExportOptions
from service.web.job.request import taken

_PREFIX = "imagenet_"
_LIBRARIES: dict[Target, tuple[str, str]] = {
    "keras": ("Keras layer", "One layer in a file of its own, for models and tf.data."),
    "keras-layers": ("Keras's own layers", "The layers that Keras brings, one after the other."),
    "torchvision": ("torchvision", "One transform in a file of its own."),
    "torchvision-transforms": ("torchvision's own transforms", "The transforms that torchvision brings."),
    "albumentations": ("Albumentations", "A configuration that Albumentations 2 reads."),
}
"""What each target is called, and what it is for."""


@dataclass(frozen=True)
class Snippet:
    """Something to copy: what it is called, what it is for, and the text."""

    name: str
    about: str
    text: str
    remarks: tuple[str, ...] = ()
    """What it does otherwise than the spec."""


def snippets(
    spec: ImageDataGeneratorSpec,
    request: Mapping[str, Any],
    address: str,
    options: ExportOptions = ExportOptions(),  # noqa: B008 (frozen)
    *,
    takes_key: bool,
) -> tuple[Snippet, ...]:
    """All that there is.

    Args:
        spec: that is tried.
        request: of the comparison with it, as JSON.
        address: of the service, with nothing behind the port.
        options: of the exports, what is known of the images among them.
        takes_key: whether the service has to be told a key.
    """
    forms = taken(dict(request), address, needs_key=takes_key)
    as_spec = json.dumps(spec.model_dump(mode="json", exclude_defaults=True), indent=2)
    return (
        Snippet("Keras", "The generator itself, which takes TensorFlow.", keras_code(spec)),
        Snippet("JSON", "The spec, as requests and files of the command line have it.", as_spec),
        Snippet("curl", "Submits the comparison.", forms.curl),
        Snippet("Python", "Submits the comparison, and follows it to its end.", forms.python),
        *(_exported(target, export(spec, target, options)) for target in TARGETS),
    )


def _exported(target: Target, made: Export) -> Snippet:
    """The spec in another library's words, with what is different there."""
    name, about = _LIBRARIES[target]
    remarks = tuple(f"{_said(each.fidelity)}: {each.message}" for each in made.differences)
    return Snippet(name, f"{about} How near it comes: {_said(made.fidelity)}.", made.content, remarks)


def _said(fidelity: Fidelity) -> str:
    return fidelity.replace("_", " ")


def keras_code(spec: ImageDataGeneratorSpec) -> str:
    """Python that makes ImageDataGenerator with the parameters that are not its defaults."""
    arguments = spec.model_dump(exclude_defaults=True)
    function = arguments.pop("preprocessing_function", None)
    lines = [f"    {name}={_plain(value)!r}," for name, value in arguments.items()]
    imports = ["from tensorflow.keras.preprocessing.image import ImageDataGenerator"]
    if function is not None:
        imports.insert(0, "from tensorflow.keras.applications.imagenet_utils import preprocess_input")
        mode = function.removeprefix(_PREFIX)
        lines.append(f'    preprocessing_function=lambda image: preprocess_input(image, mode="{mode}"),')
    made = "\n".join(["generator = ImageDataGenerator(", *lines, ")"]) if lines else "generator = ImageDataGenerator()"
    fitted = ["# Before the first batch, on the training images: generator.fit(x_train)"] if spec.needs_fit else []
    return "\n".join([*imports, "", made, *fitted])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
