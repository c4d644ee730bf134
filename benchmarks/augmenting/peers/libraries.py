"""Albumentations and torchvision, as whoever wants them fast writes a spec: 8-bit images stay 8-bit until the end.

Imported in the environment that has them, which has neither Augury nor TensorFlow. One image after the other, since
neither draws for each image of a batch. Of images of floats both want values from 0 to 1: these are not rescaled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Transform = Callable[[Any], np.ndarray]
TINY = 1e-6


def albumentations(spec: dict[str, Any], channels: int) -> Transform:
    """One affine transform, and tables of levels for 8-bit images."""
    import albumentations as library
    import cv2

    cv2.setNumThreads(1)
    steps: list[Any] = []
    if "rotation_range" in spec:
        shear = spec.get("shear_range", 0)
        steps.append(
            library.Affine(
                rotate=(-spec["rotation_range"], spec["rotation_range"]),
                translate_percent={
                    "x": _around(0, spec["width_shift_range"]), "y": _around(0, spec["height_shift_range"])
                },
                scale={axis: _around(1, spec.get("zoom_range", 0)) for axis in "xy"},
                shear={"x": (-shear, shear), "y": (0, 0)},
                interpolation=cv2.INTER_LINEAR, border_mode=cv2.BORDER_REPLICATE, p=1,
            )
        )  # fmt: skip
    if "horizontal_flip" in spec:
        steps.append(library.HorizontalFlip(p=0.5))
    if "brightness_range" in spec:
        steps.append(library.RandomBrightnessContrast(spec["brightness_range"][1] - 1, 0, p=1))
    if "channel_shift_range" in spec and channels == 3:
        steps.append(library.RGBShift(*[spec["channel_shift_range"]] * 3, p=1))
    if "samplewise_center" in spec:
        steps.append(library.Normalize(normalization="image", p=1))
    transform, scale = library.Compose(steps), np.float32(spec.get("rescale", 1))

    def apply(image: np.ndarray) -> np.ndarray:
        changed = transform(image=image)["image"]
        floats = changed.astype(np.float32, copy=False)
        return floats if scale == 1 else floats * scale

    return apply


def torchvision(spec: dict[str, Any], channels: int) -> Transform:
    """The v2 transforms on tensors."""
    import torch
    from torchvision.transforms import v2

    torch.set_num_threads(1)
    transform = v2.Compose([*_torchvision_steps(spec), _Finish(spec)])
    return lambda image: transform(torch.from_numpy(image).movedim(-1, 0)).numpy()


def torchvision_pillow(spec: dict[str, Any], channels: int) -> Transform:
    """The v2 transforms on Pillow's images, whose affine transform is faster: 8-bit images alone."""
    import torch
    from PIL import Image
    from torchvision.transforms import v2

    torch.set_num_threads(1)
    transform = v2.Compose([*_torchvision_steps(spec), v2.PILToTensor(), _Finish(spec)])

    def apply(image: np.ndarray) -> np.ndarray:
        changed: np.ndarray = transform(Image.fromarray(image[:, :, 0] if channels == 1 else image)).numpy()
        return changed

    return apply


def _torchvision_steps(spec: dict[str, Any]) -> list[Any]:
    from torchvision.transforms import v2

    steps: list[Any] = []
    if "rotation_range" in spec:
        shift = (spec["width_shift_range"], spec["height_shift_range"])
        zoom = _around(1, spec["zoom_range"]) if "zoom_range" in spec else None
        bilinear = v2.InterpolationMode.BILINEAR
        steps.append(v2.RandomAffine(spec["rotation_range"], shift, zoom, spec.get("shear_range"), bilinear))
    if "horizontal_flip" in spec:
        steps.append(v2.RandomHorizontalFlip())
    if "brightness_range" in spec:
        steps.append(v2.ColorJitter(brightness=tuple(spec["brightness_range"])))
    return steps


class _Finish:
    """To floats, and what torchvision has no transform for, by PyTorch's arithmetic."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.scale, self.shift = spec.get("rescale", 1), spec.get("channel_shift_range", 0)
        self.is_standardised = "samplewise_center" in spec

    def __call__(self, image: Any) -> Any:
        import torch

        changed = image.to(torch.float32)
        if self.scale != 1:
            changed = changed * self.scale
        if self.shift:
            changed = changed + float(torch.empty(1).uniform_(-self.shift, self.shift))
        if self.is_standardised:
            deviation, mean = torch.std_mean(changed)
            changed = (changed - mean) / (deviation + TINY)
        return changed


def _around(centre: float, reach: float) -> tuple[float, float]:
    return centre - reach, centre + reach


LIBRARIES: dict[str, Callable[[dict[str, Any], int], Transform]] = {
    "albumentations": albumentations,
    "torchvision": torchvision,
    "torchvision, Pillow": torchvision_pillow,
}
OF_8_BITS_ONLY = {"torchvision, Pillow"}


def batches(transform: Transform, images: np.ndarray, batch: int) -> Iterator[np.ndarray]:
    """Batches of floats for ever; of an image, in the order of axes that the library has."""
    while True:
        for first in range(0, len(images), batch):
            yield np.stack([transform(image) for image in images[first : first + batch]])
