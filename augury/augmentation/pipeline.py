"""``Pipeline``: a spec applied to images. A drop-in for Keras's ``ImageDataGenerator``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation.drawing import LegacyGenerator, Ranges, draw_as_keras, draw_stateless
from augury.augmentation.engine import Engine, Semantics
from augury.augmentation.iterator import ArrayIterator
from augury.augmentation.layout import channels_first, channels_last, checked_images
from augury.augmentation.parameters import Draws
from augury.augmentation.statistics import Statistics, chunks, measure

Array = npt.NDArray[Any]


class Pipeline:
    """The random and deterministic transforms of one spec.

    The methods of ``ImageDataGenerator`` take the same arguments and give the same results here: for the same seed
    the same order, the same draws, and pixels within 0.01 on a 0-255 scale. ``draw``, ``transform`` and ``augment``
    work on whole batches with draws that depend on (seed, epoch, sample) alone.

    Args:
        spec: the parameters.
        semantics: ``keras`` does what Keras 3 does, defects included; ``corrected`` shifts along the named axis, turns
            about the image's centre, and applies brightness in the data's own range.
        identity_probability: of leaving an image alone (stateless draws only).
        threads: threads a batch is shared among; default: one per usable core.

    Raises:
        ValueError: an argument is out of its range.
    """

    def __init__(
        self,
        spec: ImageDataGeneratorSpec,
        *,
        semantics: Semantics = "keras",
        identity_probability: float = 0.0,
        threads: int | None = None,
    ) -> None:
        if semantics not in ("keras", "corrected"):
            raise ValueError(f"semantics must be 'keras' or 'corrected', got {semantics!r}")
        if not 0 <= identity_probability <= 1:
            raise ValueError(f"identity_probability must be in [0, 1], got {identity_probability!r}")
        self.spec, self.semantics, self.identity_probability = spec, semantics, identity_probability
        self.dtype = spec.dtype or "float32"
        self.data_format = spec.data_format or "channels_last"
        self._ranges = Ranges.of(spec)
        self._engine = Engine(spec, semantics, threads)
        self._statistics = Statistics()

    @property
    def mean(self) -> Array | None:
        """The training set's mean per channel, once fitted."""
        return self._statistics.mean

    @property
    def std(self) -> Array | None:
        """The training set's deviation per channel, once fitted."""
        return self._statistics.deviation

    @property
    def zca_whitening_matrix(self) -> Array | None:
        """The whitening matrix, once fitted."""
        return self._statistics.whitening

    # -- Keras's interface ---------------------------------------------------------------------------------------------

    def fit(
        self,
        x: Any,
        augment: bool = False,
        rounds: int = 1,
        seed: int | None = None,
        *,
        indices: npt.NDArray[np.intp] | None = None,
        check: Callable[[], object] | None = None,
    ) -> None:
        """Learn what featurewise normalisation and whitening need from images ``[N, H, W, C]``.

        Args:
            x: images; may be a memory map, of which only parts are copied (whitening needs all of it at once).
            augment: learn from randomly transformed images instead, *rounds* times over all.
            rounds: how often.
            seed: of these transformations; unused without them.
            indices: learn from the images that they number alone; default: from all.
            check: called before each part of the images is read; what it raises ends the learning.

        Raises:
            ValueError: x does not have four dimensions, or there are no images.
        """
        images = checked_images(x, "x", self.data_format)
        count = len(images) if indices is None else len(indices)
        if count == 0:
            raise ValueError(f"x must hold at least one image, got shape {np.shape(x)}")
        scale = self.spec.rescale or 1.0

        def rescaled(part: slice) -> Array:
            if check is not None:
                check()
            return self._rescaled(images[part if indices is None else indices[part]], scale)

        if augment:
            draws = draw_as_keras(self._ranges, self._generator(seed), rounds * count, images.shape[1:])
            parts: Iterable[Array] = [
                self._engine.transform(rescaled(part), draws[_moved(part, turn * count)])
                for turn in range(rounds)
                for part in chunks(count, images.shape[1:])
            ]
        else:
            parts = (rescaled(part) for part in chunks(count, images.shape[1:]))
        self._statistics = measure(self.spec, parts, self.dtype)

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        subset: Literal["training", "validation"] | None = None,
        ignore_class_split: bool = False,
    ) -> ArrayIterator:
        """Batches for ever: images, or (images, labels), or (images, labels, sample weights).

        Args:
            x: images ``[N, H, W, C]`` of any numeric type, or a pair of these and further arrays to batch alike.
            y: labels, one an image.
            batch_size: images a batch; the last batch of an epoch may be smaller.
            shuffle: a new order every epoch.
            sample_weight: one an image.
            seed: of order and draws; None draws from NumPy's global generator.
            subset: the part of *x* that the spec's validation_split sets apart, or the rest.
            ignore_class_split: do not check that both parts have the same classes.

        Raises:
            ValueError: lengths differ, x does not have four dimensions, or the subset is unknown.
        """
        return ArrayIterator(
            self, x, y, batch_size=batch_size, shuffle=shuffle, sample_weight=sample_weight, seed=seed,
            subset=subset, ignore_class_split=ignore_class_split,
        )  # fmt: skip

    def get_random_transform(self, img_shape: tuple[int, ...], seed: int | None = None) -> dict[str, Any]:
        """Keras's transform dictionary for one image of a shape, drawn as Keras draws it."""
        shape = (*img_shape[1:], img_shape[0]) if self.data_format == "channels_first" else tuple(img_shape)
        return draw_as_keras(self._ranges, self._generator(seed), 1, shape).parameters(0)

    def apply_transform(self, x: Any, transform_parameters: dict[str, Any]) -> Array:
        """One image changed as a transform dictionary says; a new array.

        Raises:
            ValueError: x does not have three dimensions, or a parameter is unknown.
        """
        image = channels_last(np.asarray(x)[np.newaxis], self.data_format)
        if image.ndim != 4:
            raise ValueError(f"x must be one image with three dimensions, got shape {np.shape(x)}")
        changed = self._engine.transform(image, Draws.of_parameters(transform_parameters))
        result: Array = channels_first(changed, self.data_format)[0]
        return result

    def random_transform(self, x: Any, seed: int | None = None) -> Array:
        """One image with a random transform; a new array."""
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    def standardize(self, x: Array) -> Array:
        """The deterministic half of the spec. Like Keras's, it changes a float array in place where it can."""
        self._warn_if_not_fitted()
        return self._engine.standardise_in_place(x, self._statistics, self.data_format)

    # -- whole batches, stateless --------------------------------------------------------------------------------------

    def draw(self, shape: tuple[int, ...], *, seed: int, epoch: int = 0, indices: Any) -> Draws:
        """The draws of the samples *indices* in an epoch, for images of shape (height, width, channels)."""
        return draw_stateless(
            self._ranges,
            seed=seed,
            epoch=epoch,
            indices=np.asarray(indices, np.int64),
            shape=shape,
            identity_probability=self.identity_probability,
        )

    def transform(self, images: Array, draws: Draws) -> Array:
        """Images ``[B, H, W, C]`` as their draws say, in raw intensity units; a new array."""
        return self._engine.transform(checked_images(images, "images", "channels_last"), draws)

    def augment(self, images: Array, draws: Draws, indices: npt.NDArray[np.int64] | None = None) -> Array:
        """As transform, and then standardised: what a model is trained on.

        With *indices*, the images that they number are read straight from *images*, which may be a memory map.
        """
        self._warn_if_not_fitted()
        checked = checked_images(images, "images", "channels_last")
        return self._engine.augment(checked, draws, self._statistics, indices)

    def preprocess(self, images: Array) -> Array:
        """The deterministic half alone, for images that are evaluated; a new array."""
        nothing = Draws(np.broadcast_to(_NOTHING_DRAWN, (len(images), len(_NOTHING_DRAWN))))
        return self.augment(images, nothing)

    # -- inside --------------------------------------------------------------------------------------------------------

    def draw_next(self, generator: LegacyGenerator, count: int, shape: tuple[int, ...]) -> Draws:
        """The next draws of a flow."""
        return draw_as_keras(self._ranges, generator, count, shape)

    @staticmethod
    def _generator(seed: int | None) -> LegacyGenerator:
        generator: LegacyGenerator = np.random if seed is None else np.random.RandomState(seed)
        return generator

    def _rescaled(self, images: Array, scale: float) -> Array:
        floats = images.astype(self.dtype)
        floats *= floats.dtype.type(scale)
        return floats

    def _warn_if_not_fitted(self) -> None:
        needed = {
            "featurewise_center": (self.spec.featurewise_center, self.mean),
            "featurewise_std_normalization": (self.spec.featurewise_std_normalization, self.std),
            "zca_whitening": (self.spec.zca_whitening, self.zca_whitening_matrix),
        }
        for name, (is_on, value) in needed.items():
            if is_on and value is None:
                warnings.warn(f"{name} does nothing before fit() has seen training images", stacklevel=3)


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)


_NOTHING_DRAWN = Draws.of_parameters({}).table[0]
