"""From images and draws to batches: by the kernels where they can, by the plain path where they cannot."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation.kernels.fill_modes import FILL_MODES
from augury.augmentation.kernels.fused import NO_STATISTICS, kernel
from augury.augmentation.layout import channels_last
from augury.augmentation.parameters import Draws
from augury.augmentation.preprocessing_functions import FUNCTIONS
from augury.augmentation.reference import top_of, transform_image
from augury.augmentation.statistics import EPSILON, Statistics
from augury.augmentation.threads import default_threads, share

Array = npt.NDArray[Any]
Semantics = Literal["keras", "corrected"]

_FAST_SOURCES = (np.uint8, np.uint16, np.float32)
_FAST_CHANNELS = (1, 3, 4)
_UNIT = np.float32(1)


class Engine:
    """What a spec does to images, given draws and statistics."""

    def __init__(self, spec: ImageDataGeneratorSpec, semantics: Semantics, threads: int | None) -> None:
        self._spec, self._is_corrected = spec, semantics == "corrected"
        self._threads = threads or default_threads()
        self._dtype = np.dtype(spec.dtype or "float32")
        self._is_standardised_by_kernel = spec.preprocessing_function is None and not spec.zca_whitening

    def transform(self, images: Array, draws: Draws) -> Array:
        """The random half: images ``[B, H, W, C]`` in raw units, a new array."""
        if not self._is_fast(images):
            return self._plain(images, draws)
        return self._by_kernel(images, draws, None, None)

    def augment(
        self, images: Array, draws: Draws, statistics: Statistics, indices: npt.NDArray[np.int64] | None = None
    ) -> Array:
        """Both halves: a new array. With *indices*, of the images that they number."""
        if self._is_standardised_by_kernel and self._is_fast(images if indices is None else images[:0]):
            is_finite = images.dtype.kind != "f" or indices is None or bool(np.isfinite(images[indices]).all())
            if is_finite:
                return self._by_kernel(images, draws, statistics, indices)
        chosen = images if indices is None else images[indices]
        batch = self.transform(chosen, draws)
        result = np.empty(batch.shape, self._dtype)
        for index, image in enumerate(batch):
            result[index] = self.standardise_in_place(image, statistics, "channels_last")
        return result

    def standardise_in_place(self, x: Array, statistics: Statistics, data_format: str) -> Array:
        """The deterministic half of one image (or of an array taken as one), changing *x* where NumPy can."""
        spec = self._spec
        if spec.preprocessing_function is not None:
            x = FUNCTIONS[spec.preprocessing_function](x)
        if spec.rescale:
            x *= spec.rescale
        if spec.samplewise_center or spec.samplewise_std_normalization:
            x -= np.mean(x, keepdims=True)
        if spec.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + EPSILON
        if statistics.mean is not None:
            x -= _along_channels(statistics.mean, data_format)
        if statistics.deviation is not None:
            x /= _along_channels(statistics.deviation, data_format) + EPSILON
        if statistics.whitening is not None:
            last = channels_last(x[np.newaxis] if x.ndim == 3 else x, data_format)
            flat = last.reshape(-1, statistics.whitening.shape[0]) @ statistics.whitening
            white = flat.reshape(last.shape)
            white = np.moveaxis(white, -1, 1) if data_format == "channels_first" else white
            x = white.reshape(x.shape)
        return x

    def _is_fast(self, images: Array) -> bool:
        return (
            self._dtype == np.float32
            and self._spec.interpolation_order <= 1
            and images.dtype.type in _FAST_SOURCES
            and images.shape[3] in _FAST_CHANNELS
            and (images.dtype.kind != "f" or bool(np.isfinite(images).all()))
        )

    def _by_kernel(
        self, images: Array, draws: Draws, statistics: Statistics | None, indices: npt.NDArray[np.int64] | None
    ) -> Array:
        if not images.flags.c_contiguous:
            images = np.ascontiguousarray(images if indices is None else images[indices])
            indices = None
        order = np.arange(len(draws)) if indices is None else indices
        out = np.empty((len(draws), *images.shape[1:]), np.float32)
        source = images.view(np.ndarray)
        if source.flags.writeable:
            source = source.view()
            source.flags.writeable = False  # one compiled version serves both
        settings, lanes = self._settings(images, statistics), (0,) * images.shape[3]

        def work(part: slice) -> None:
            kernel(source, order[part], draws.table[part], *settings, out[part], lanes)

        if out.size:
            share(work, len(draws), int(np.prod(images.shape[1:])), self._threads)
        return out

    def _settings(self, images: Array, statistics: Statistics | None) -> tuple[Any, ...]:
        spec = self._spec
        pixels = (
            self._is_corrected,
            FILL_MODES[spec.fill_mode],
            np.float32(spec.cval),
            spec.interpolation_order,
            top_of(images),
        )
        if statistics is None:
            return (*pixels, _UNIT, False, False, NO_STATISTICS, NO_STATISTICS)
        mean, factor = _kernel_statistics(statistics, images.shape[3])
        is_normalised = spec.samplewise_std_normalization
        is_centred = spec.samplewise_center or is_normalised
        return (*pixels, np.float32(spec.rescale or 1), is_centred, is_normalised, mean, factor)

    def _plain(self, images: Array, draws: Draws) -> Array:
        spec, floats = self._spec, images.astype(self._dtype)
        result = np.empty_like(floats)
        for index, image in enumerate(floats):
            result[index] = transform_image(
                image, draws.table[index], fill_mode=spec.fill_mode, cval=spec.cval, order=spec.interpolation_order,
                corrected=self._is_corrected, top=top_of(images),
            )  # fmt: skip
        return result


def _kernel_statistics(statistics: Statistics, channels: int) -> tuple[Array, Array]:
    """Mean and reciprocal deviation per channel, both or neither."""
    if statistics.mean is None and statistics.deviation is None:
        return NO_STATISTICS, NO_STATISTICS
    mean = np.zeros(channels) if statistics.mean is None else statistics.mean.ravel()
    deviation = np.ones(channels) if statistics.deviation is None else statistics.deviation.ravel() + EPSILON
    return mean.astype(np.float32), (1 / deviation).astype(np.float32)


def _along_channels(values: Array, data_format: str) -> Array:
    return values.reshape(-1, 1, 1) if data_format == "channels_first" else values
