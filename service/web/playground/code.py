"""A spec, and the comparison that it is tried in, to be taken along: as they run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pprint import pformat
from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec

_KEY_VARIABLE = "AUGURY_API_KEY"
_PREFIX = "imagenet_"
_WIDTH = 100


@dataclass(frozen=True)
class Snippet:
    """Something to copy: what it is called, what it is for, and the text."""

    name: str
    about: str
    text: str


def snippets(
    spec: ImageDataGeneratorSpec, request: Mapping[str, Any], address: str, *, takes_key: bool
) -> tuple[Snippet, ...]:
    """All that there is.

    Args:
        spec: that is tried.
        request: of the comparison with it, as JSON.
        address: of the service, with nothing behind the port.
        takes_key: whether the service has to be told a key.
    """
    as_spec = json.dumps(spec.model_dump(mode="json", exclude_defaults=True), indent=2)
    return (
        Snippet("Keras", "The generator itself, which takes TensorFlow.", keras_code(spec)),
        Snippet("JSON", "The spec, as requests and files of the command line have it.", as_spec),
        Snippet("curl", "Submits the comparison.", curl_code(request, address, takes_key=takes_key)),
        Snippet("Python", "Submits the comparison and waits for its answer.", python_code(request, address)),
    )


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


def curl_code(request: Mapping[str, Any], address: str, *, takes_key: bool) -> str:
    """A command that submits the request."""
    key = f' \\\n     -H "Authorization: Bearer ${_KEY_VARIABLE}"' if takes_key else ""
    body = shlex.quote(json.dumps(request, indent=2))
    return f"curl -s {shlex.quote(f'{address}/v1/jobs')} -H 'Content-Type: application/json'{key} -d {body}"


def python_code(request: Mapping[str, Any], address: str) -> str:
    """A script that submits the request, watches the job and prints its answer; a key is found by the client."""
    return f"""from augury import Client

request = {pformat(dict(request), sort_dicts=False, width=_WIDTH)}

with Client({address!r}) as client:
    job = client.submit(request)
    for job in client.watch(job.id):
        print(job.phase, job.progress.fraction)
    print(client.report(job.id).candidates[0].sentence)"""


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
