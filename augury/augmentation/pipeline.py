"""``Pipeline``: a spec applied to images."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation.drawing import GLOBAL_GENERATOR, LegacyGenerator, Ranges, draw_as_keras, draw_stateless
from augury.augmentation.engine import Engine, Semantics
from augury.augmentation.fitting import Learned, learn, randomly_transformed, warn_if_not_fitted
from augury.augmentation.iterators.block_iterator import ArrayIterator
from augury.augmentation.layout import channels_first, channels_last, checked_images
from augury.augmentation.outputs import Output, OutputType
from augury.augmentation.parameters import Draws
from augury.augmentation.settings import Settings
from augury.augmentation.statistics import Statistics

Array = npt.NDArray[Any]


class Pipeline(Learned):
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
        output: the type of the batches that ``flow``, ``augment`` and ``preprocess`` give: ``float32``, ``float16`` or
            ``bfloat16``, rounded to the nearest, or ``uint8``, rounded and clipped to 0-255, all half to even; default:
            the spec's dtype.

    Raises:
        ValueError: an argument is out of its range, or bytes do not hold what the spec makes.
        NotInstalled: bfloat16 is asked for and ``ml_dtypes``, which TensorFlow and JAX bring, is not there.
    """

    def __init__(
        self,
        spec: ImageDataGeneratorSpec,
        *,
        semantics: Semantics = "keras",
        identity_probability: float = 0.0,
        threads: int | None = None,
        output: OutputType | None = None,
    ) -> None:
        if semantics not in ("keras", "corrected"):
            raise ValueError(f"semantics must be 'keras' or 'corrected', got {semantics!r}")
        if not 0 <= identity_probability <= 1:
            raise ValueError(f"identity_probability must be in [0, 1], got {identity_probability!r}")
        self.spec, self.semantics, self.identity_probability = spec, semantics, identity_probability
        self._settings = settings = Settings.of_spec(spec)
        self.dtype: str = settings.dtype
        self.data_format: str = settings.data_format
        self.validation_split = spec.validation_split
        self._ranges = Ranges.of(settings)
        self._engine = Engine(settings, semantics, threads)
        self._output = Output.of(output, spec)
        self._statistics = Statistics()

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
        if (len(images) if indices is None else len(indices)) == 0:
            raise ValueError(f"x must hold at least one image, got shape {np.shape(x)}")
        augmented = randomly_transformed(self._engine, self._ranges, self._generator(seed)) if augment else None
        self._statistics = learn(
            self._settings, images, indices=indices, augmented=augmented, rounds=rounds, check=check
        )

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: Literal["training", "validation"] | None = None,
    ) -> ArrayIterator:
        """Batches for ever: images, or (images, labels), or (images, labels, sample weights).

        Args:
            x: images ``[N, H, W, C]`` of any numeric type, or a pair of these and further arrays to batch alike.
            y: labels, one an image.
            batch_size: images a batch; the last batch of an epoch may be smaller.
            shuffle: a new order every epoch.
            sample_weight: one an image.
            seed: of order and draws; None draws from NumPy's global generator.
            save_to_dir: folder that every image made is written to as a picture, its values stretched to 0-255.
            save_prefix: how the pictures' names begin.
            save_format: how they end.
            ignore_class_split: do not check that both parts have the same classes.
            subset: the part of *x* that the spec's validation_split sets apart, or the rest.

        Raises:
            ValueError: lengths differ, x does not have four dimensions, or the subset is unknown.
        """
        return ArrayIterator(
            x, y, self, batch_size=batch_size, shuffle=shuffle, sample_weight=sample_weight, seed=seed,
            data_format=self.data_format, save_to_dir=save_to_dir, save_prefix=save_prefix, save_format=save_format,
            subset=subset, ignore_class_split=ignore_class_split, dtype=self.dtype,
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
        warn_if_not_fitted(self.spec, self._statistics)
        return self._engine.standardise(x, self._statistics)

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

    def augment(
        self,
        images: Array,
        draws: Draws,
        indices: npt.NDArray[np.int64] | None = None,
        *,
        out: Array | None = None,
    ) -> Array:
        """As transform, and then standardised: what a model is trained on, in the pipeline's output type.

        With *indices*, the images that they number are read straight from *images*, which may be a memory map.

        Args:
            images: ``[N, H, W, C]``.
            draws: one row an image that is made.
            indices: of these images; default: all of them.
            out: where they are written to: C-contiguous ``[B, H, W, C]`` of the output type, apart from the images. It
                is returned; what it holds after an error is not defined.

        Raises:
            ValueError: *out* is not such an array, or the output type does not hold the range of the images' type.
        """
        warn_if_not_fitted(self.spec, self._statistics)
        checked = checked_images(images, "images", "channels_last")
        result = self._output.room(len(draws), checked, out, np.asarray(images))
        self._engine.augment(checked, draws, self._statistics, indices, result, self._output.conversion)
        self._output.warn_of_lost_levels(result, checked.dtype)
        return result

    def preprocess(self, images: Array, *, out: Array | None = None) -> Array:
        """The deterministic half alone, for images that are evaluated; a new array, or *out* (see augment)."""
        nothing = Draws(np.broadcast_to(_NOTHING_DRAWN, (len(images), len(_NOTHING_DRAWN))))
        return self.augment(images, nothing, out=out)

    # -- what iterators ask ------------------------------------------------------------------------------------------

    @property
    def runs_code_of_the_user(self) -> bool:
        """A spec names its preprocessing function; there is no other code."""
        return False

    @property
    def weights_follow_the_subset(self) -> bool:
        """Keras gives the images of a subset the first sample weights, whichever part it is."""
        return self.semantics == "corrected"

    def augmented_batch(self, images: Array, indices: Any, random: LegacyGenerator, *, dtype: Any = None) -> Array:
        """The images that *indices* number, drawn for and augmented, ``[B, H, W, C]`` in the spec's own type."""
        return self.augment(images, draw_as_keras(self._ranges, random, len(indices), images.shape[1:]), indices)

    @property
    def ranges(self) -> Ranges:
        """The distributions that draws are made from."""
        return self._ranges

    @staticmethod
    def _generator(seed: int | None) -> LegacyGenerator:
        return GLOBAL_GENERATOR if seed is None else np.random.RandomState(seed)


_NOTHING_DRAWN = Draws.of_parameters({}).table[0]
