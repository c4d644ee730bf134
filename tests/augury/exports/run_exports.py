"""Runs exported code where the libraries are installed that it is for: not under pytest, and without Augury.

Reads the name of a folder a line, and there ``cases.json`` and ``arrays.npz``; writes ``results.npz`` beside them and
answers with a line: "done", or what went wrong. Arrays of a case are named ``<case>/<name>``, and so are results.
Images are ``[B, H, W, C]``.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


def _torchvision_given(case: dict[str, Any], arrays: Arrays) -> Arrays:
    """The pixels for parameters that are handed over, and the whole of it."""
    import torch

    code = _executed(case["code"])
    images = torch.from_numpy(arrays["images"]).movedim(-1, 1)
    drawn = {name: torch.from_numpy(arrays[name]) for name in case["drawn"]}
    changed = code["transform_images"](images, drawn)
    statistics = [arrays.get(name) for name in ("mean", "std", "whitening")]
    finished = code["standardise"](changed.clone(), *statistics)
    return {"changed": changed.movedim(1, -1).numpy(), "finished": finished.movedim(1, -1).numpy()}


def _torchvision_drawn(case: dict[str, Any], _arrays: Arrays) -> Arrays:
    """What it draws by itself."""
    import torch

    generator = torch.Generator().manual_seed(case["seed"])
    drawn = _executed(case["code"])["draw_parameters"](case["count"], *case["size"], generator=generator)
    return {name: values.numpy().astype(np.float64) for name, values in drawn.items()}


def _torchvision_used(case: dict[str, Any], arrays: Arrays) -> Arrays:
    """One image as it is used in datasets, as everything that torchvision has images in."""
    import PIL.Image
    import torch
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    transform = v2.Compose([_executed(case["code"])["ImageAugmentation"](), v2.Identity()])
    image = torch.from_numpy(arrays["images"][0]).movedim(-1, 0)
    forms = {
        "pil": PIL.Image.fromarray(arrays["images"][0]),
        "tensor": image,
        "image": tv_tensors.Image(image),
        "labelled": (image, torch.tensor(3)),
        "batch": image[None, None],
    }
    results = {}
    for name, form in forms.items():
        torch.manual_seed(case["seed"])
        made = transform(form)
        results[name] = (made[0] if isinstance(made, tuple) else made).reshape(image.shape).movedim(0, -1).numpy()
    try:
        transform({"image": image, "mask": tv_tensors.Mask(image[0])})
    except TypeError as refused:
        results["refused"] = np.array(str(refused))
    return results


def _pipeline(case: dict[str, Any], arrays: Arrays) -> Arrays:
    """One image many times through a whole pipeline of torchvision's."""
    import torch

    torch.manual_seed(case["seed"])
    transform = _executed(case["code"])["transform"]
    image = torch.from_numpy(arrays["images"][0]).movedim(-1, 0)
    return {"made": np.stack([transform(image).movedim(0, -1).numpy() for _ in range(case["count"])])}


def _albumentations(case: dict[str, Any], arrays: Arrays) -> Arrays:
    """One image many times through a whole pipeline of Albumentations'.

    A seed that is given to the whole would be given to each of its transforms, which then draw the same numbers; with
    a ``seed_step`` of 0 it is so here.
    """
    import albumentations

    transform = albumentations.from_dict(case["code"])
    for number, each in enumerate(transform.transforms):
        each.set_random_seed(case["seed"] + number * case.get("seed_step", 1))
    image = arrays["images"][0]
    return {"made": np.stack([transform(image=image)["image"] for _ in range(case["count"])])}


def _executed(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(code, "exported.py", "exec"), names)  # noqa: S102 - what we exported ourselves
    return names


_KINDS = {
    "albumentations": _albumentations,
    "pipeline": _pipeline,
    "torchvision-drawn": _torchvision_drawn,
    "torchvision-given": _torchvision_given,
    "torchvision-used": _torchvision_used,
}


def main(folder: Path) -> None:
    """Run every case of a folder."""
    cases = json.loads((folder / "cases.json").read_text())
    with np.load(folder / "arrays.npz") as stored:
        given = {name: stored[name] for name in stored.files}
    results = {}
    for number, case in enumerate(cases):
        prefix = f"{number}/"
        arrays = {name.removeprefix(prefix): values for name, values in given.items() if name.startswith(prefix)}
        made = _KINDS[case["kind"]](case, arrays)
        results |= {f"{prefix}{name}": values for name, values in made.items()}
    np.savez(folder / "results.npz", **results)


if __name__ == "__main__":
    for line in sys.stdin:
        try:
            main(Path(line.strip()))
            print("done", flush=True)  # noqa: T201 - the answer
        except Exception:
            print(repr(traceback.format_exc()), flush=True)  # noqa: T201 - the answer
