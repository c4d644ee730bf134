"""From images and draws to batches: by the kernels where they can, by the plain path where they cannot."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from augury.augmentation.kernels.conversions import convert
from augury.augmentation.kernels.converted import converted
from augury.augmentation.kernels.fill_modes import FILL_MODES
from augury.augmentation.kernels.fused import NO_STATISTICS, kernel
from augury.augmentation.kernels.resampling import MAX_SCRATCH_SIZE, scratch_size
from augury.augmentation.layout import channels_first
from augury.augmentation.parameters import NOTHING, Draws
from augury.augmentation.reference import top_of, transform_image
from augury.augmentation.settings import Settings
from augury.augmentation.statistics import EPSILON, Statistics
from augury.augmentation.threads import default_threads, share

Array = npt.NDArray[Any]
Semantics = Literal["keras", "corrected"]

_FAST_SOURCES = (np.uint8, np.uint16, np.float32)
_FAST_CHANNELS = (1, 3, 4)
_FAST_ORDERS = (0, 1)
_UNIT = np.float32(1)


class Engine:
    """What settings do to images, given draws and statistics."""

    def __init__(self, settings: Settings, semantics: Semantics, threads: int | None) -> None:
        self._settings, self._is_corrected = settings, semantics == "corrected"
        self._threads = threads or default_threads()
        self._dtype = np.dtype(settings.dtype)
        self._has_kernel = (
            settings.fill_mode in FILL_MODES
            and isinstance(settings.interpolation_order, int)
            and settings.interpolation_order in _FAST_ORDERS
            and (settings.brightness_range is None or settings.data_format == "channels_last")
        )

    def transform(self, images: Array, draws: Draws) -> Array:
        """The random half: images ``[B, H, W, C]`` in raw units, a new array."""
        changed = self._by_kernel(images, draws)
        if changed is not None:
            return changed
        result = np.empty(images.shape, self._dtype)
        for index, image in enumerate(self._plain(images, draws)):
            result[index] = image
        return result

    def transform_image(self, image: Array, draws: Draws) -> Array:
        """One image ``[H, W, C]`` in its own type; it may be a view of the image, or the image itself."""
        if np.array_equal(draws.table[0], NOTHING, equal_nan=True):
            return image
        changed = self._by_kernel(image[np.newaxis], draws) if image.dtype == np.float32 else None
        if changed is not None:
            return changed[0]  # type: ignore[no-any-return]
        return self._plain_image(image, draws.table[0], top_of(image))

    def augment(
        self,
        images: Array,
        draws: Draws,
        statistics: Statistics,
        indices: npt.NDArray[np.int64] | None = None,
        out: Array | None = None,
        conversion: int | None = None,
    ) -> Array:
        """Both halves, of the images that *indices* number, where there are any.

        A new array, or *out* ``[B, H, W, C]``, which floats are converted to as its *conversion* says (see
        augury.augmentation.kernels.conversions), where there is one.
        """
        normalisation = self._normalisation(statistics, images.shape[3])
        if normalisation is not None:
            complete = self._by_kernel(images, draws, normalisation, indices, out, conversion)
            if complete is not None:
                return complete
        chosen = images if indices is None else images[indices]
        result = np.empty(chosen.shape, self._dtype) if out is None else out
        by_kernel = self._by_kernel(chosen, draws) if normalisation is None else None
        changed = self._plain(chosen, draws) if by_kernel is None else by_kernel
        self._standardise_each(changed, statistics, result, conversion)
        return result

    def _standardise_each(
        self, changed: Iterable[Array], statistics: Statistics, result: Array, conversion: int | None
    ) -> None:
        """The deterministic half of one image after the other, to its place in the result."""
        data_format = self._settings.data_format
        is_written_at_once = conversion is None and result.dtype == self._dtype
        room = result if is_written_at_once else np.empty((1, *result.shape[1:]), self._dtype)
        for index, image in enumerate(changed):
            in_its_format = channels_first(image[np.newaxis], data_format)[0]
            finished = channels_first(room, data_format)[index if is_written_at_once else 0]
            finished[...] = self.standardise(in_its_format, statistics)
            if conversion is not None:
                floats = room.astype(np.float32, copy=False)
                convert(floats.reshape(-1), result[index].reshape(-1).view(np.uint8), conversion)
            elif not is_written_at_once:
                result[index] = room[0]

    def standardise(self, x: Array, statistics: Statistics) -> Array:
        """The deterministic half of one image (or of an array taken as one), changing *x* where NumPy can.

        *x* and the statistics are in the caller's data format.
        """
        settings = self._settings
        if settings.preprocessing_function is not None:
            x = settings.preprocessing_function(x)
        if settings.rescale:
            x *= settings.rescale
        if settings.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if settings.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + EPSILON
        if statistics.mean is not None:
            x -= statistics.mean
        if statistics.deviation is not None:
            x /= statistics.deviation + EPSILON
        if statistics.whitening is not None:
            flat = x.reshape(-1, int(np.prod(x.shape[-3:]))) @ statistics.whitening
            x = flat.reshape(x.shape)
        return x

    def _is_fast(self, images: Array) -> bool:
        return (
            self._has_kernel
            and self._dtype == np.float32
            and images.dtype.type in _FAST_SOURCES
            and images.shape[3] in _FAST_CHANNELS
            and scratch_size.py_func(*images.shape[1:]) <= MAX_SCRATCH_SIZE
        )

    def _by_kernel(
        self,
        images: Array,
        draws: Draws,
        normalisation: tuple[Any, ...] | None = None,
        indices: npt.NDArray[np.int64] | None = None,
        out: Array | None = None,
        conversion: int | None = None,
    ) -> Array | None:
        """The images, in *out* where there is one; None where kernels cannot do it, as for values that are not finite.

        *out* may have been written to then.
        """
        if not self._is_fast(images):
            return None
        if not images.flags.c_contiguous:
            images = np.ascontiguousarray(images if indices is None else images[indices])
            indices = None
        order = np.arange(len(draws)) if indices is None else np.ascontiguousarray(indices, np.int64)
        out = np.empty((len(draws), *images.shape[1:]), np.float32) if out is None else out
        source, table = images.view(np.ndarray), draws.table  # below: one compiled version serves all
        if source.flags.writeable:
            source = source.view()
            source.flags.writeable = False
        if not (table.flags.c_contiguous and table.flags.writeable):
            table = table.copy()
        settings = (*self._sampling, top_of(images), *(normalisation or _NO_NORMALISATION))
        lanes, are_finite = (0,) * images.shape[3], []

        in_bytes = out.reshape(len(out), -1).view(np.uint8) if conversion is not None and out.size else None

        def work(part: slice) -> None:
            given = source, order[part], table[part], *settings
            if in_bytes is None:
                are_finite.append(kernel(*given, out[part], lanes))
            else:
                are_finite.append(converted(*given, in_bytes[part], conversion, lanes))

        if out.size:
            share(work, len(draws), math.prod(images.shape[1:]), self._threads)
        return out if all(are_finite) else None

    @cached_property
    def _sampling(self) -> tuple[Any, ...]:
        settings = self._settings
        fill_value, order = np.float32(settings.cval), int(settings.interpolation_order)
        return self._is_corrected, FILL_MODES[settings.fill_mode], fill_value, order

    @cached_property
    def _of_the_image(self) -> tuple[Any, ...] | None:
        """The kernel's arguments for what an image needs no statistics for; None where it cannot do that."""
        settings = self._settings
        rescale = settings.rescale or 1
        if settings.preprocessing_function is not None or not isinstance(rescale, int | float | np.number):
            return None
        return np.float32(rescale), bool(settings.samplewise_center), bool(settings.samplewise_std_normalization)

    def _normalisation(self, statistics: Statistics, channels: int) -> tuple[Any, ...] | None:
        """The kernel's arguments for the deterministic half; None where it cannot carry it out."""
        of_the_image = self._of_the_image
        if of_the_image is None or statistics.whitening is not None:
            return None
        if statistics.mean is None and statistics.deviation is None:
            return (*of_the_image, NO_STATISTICS, NO_STATISTICS)
        mean = _per_channel(statistics.mean, 0.0, channels, self._settings.data_format)
        deviation = _per_channel(statistics.deviation, 1.0 - EPSILON, channels, self._settings.data_format)
        if mean is None or deviation is None:
            return None
        return (*of_the_image, mean.astype(np.float32), (1 / (deviation + EPSILON)).astype(np.float32))

    def _plain(self, images: Array, draws: Draws) -> Iterable[Array]:
        top = top_of(images)
        return (
            self._plain_image(image.astype(self._dtype), row, top)
            for image, row in zip(images, draws.table, strict=True)
        )

    def _plain_image(self, image: Array, row: Array, top: float) -> Array:
        settings = self._settings
        return transform_image(
            image, row, fill_mode=settings.fill_mode, cval=settings.cval, order=settings.interpolation_order,
            corrected=self._is_corrected, top=top, data_format=settings.data_format,
        )  # fmt: skip


_NO_NORMALISATION = (_UNIT, False, False, NO_STATISTICS, NO_STATISTICS)


def _per_channel(values: Any, default: float, channels: int, data_format: str) -> Array | None:
    """Statistics as one number a channel, or None where they are of another shape (one a pixel, say)."""
    if values is None:
        return np.full(channels, default)
    shape = (channels, 1, 1) if data_format == "channels_first" else (1, 1, channels)
    try:
        return np.broadcast_to(np.asarray(values, np.float64), shape).ravel()
    except ValueError:
        return None
