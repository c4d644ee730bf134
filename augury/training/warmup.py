"""What makes a process ready to train: loading, which pool processes can share, and setting up, which each has to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from importlib.util import find_spec

import numpy as np

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.training.backends import Backend
from api_schemas.training.models import ModelSpec
from api_schemas.training.settings import TrainingSettings
from augury.datasets.snapshot import Snapshot
from augury.memory import no_collection
from augury.planning.splits import RandomSplit
from augury.planning.trial_definition import TrialDefinition, training_version

_PRACTICE_SIDE, _PRACTICE_IMAGES = 4, 16
_CONVENIENCES = ("matplotlib", "pandas", "sklearn")
"""For its galleries of images, for tables as training data, and for its models as scikit-learn's estimators."""

_OF_TENSORFLOW = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "TF_ENABLE_ONEDNN_OPTS": "1",  # TensorFlow itself takes these kernels only where there is AVX512_VNNI or the like
    "TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE": "false",  # else the kernels of gradients are set up anew in every step
}
"""Read by it as it is imported or first used. What is in the environment already stays."""


_OF_JAX = {
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # else it takes three quarters of a GPU as it starts
    "XLA_FLAGS": "--xla_gpu_deterministic_ops=true",
}
"""The same of JAX."""


class BackendError(Exception):
    """Keras computes with something else than it should, or what it should compute with is not there."""


def load(backend: Backend) -> None:
    """Import all that training needs and start none of it, for a process that others are forked from.

    TensorFlow's own threads begin with its first operation; until then there are OpenBLAS's and jemalloc's, and both
    libraries look after a fork. JAX starts threads as it is imported, so it is left to the pool processes. Our own
    kernels are compiled, or read from where they are kept, once: a batch of one image is no work for other threads.
    """
    if backend == "jax":
        return
    choose_kernels(os.environ)
    import_keras()  # reads KERAS_BACKEND
    import keras

    if keras.backend.backend() == "tensorflow":
        import augury.training.trial  # noqa: F401
        from augury.augmentation.warmup import compile_kernels

        compile_kernels()


def require_backend(backend: Backend) -> None:
    """See that Keras has the backend that the trials of this process are defined with, and are found again by.

    Raises:
        BackendError: it has another, or JAX is not installed.
    """
    if backend == "jax":  # which `python -m workers` has told Keras, and which nothing may import before the fork
        if find_spec("jax") is None:
            raise BackendError("JAX is not installed here, and this worker computes with it; install augury[jax]")
        return
    import keras

    found = keras.backend.backend()
    if found != backend:
        raise BackendError(
            f"Keras has the backend {found!r} here, and what is trained is stored as TensorFlow's; leave out "
            "KERAS_BACKEND, and the backend in ~/.keras/keras.json; for jobs with training.backend 'jax' start "
            "`python -m workers cpu-jax`"
        )


def warm_up(threads: int) -> None:
    """Load Keras and its backend with so many threads, deterministic and quiet, and make them ready."""
    choose_kernels(os.environ)
    if os.environ.get("KERAS_BACKEND") == "jax":
        choose_of_jax(os.environ, threads)
    import_keras()  # reads KERAS_BACKEND
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
        tensorflow.config.experimental.enable_op_determinism()

    from augury.augmentation.threads import use_at_most
    from augury.augmentation.warmup import compile_kernels

    use_at_most(threads)
    compile_kernels()
    with hidden(() if keras.backend.backend() == "tensorflow" else ("tensorflow",)):  # loaded to set its seeds, else
        _practise()


def choose_kernels(environment: MutableMapping[str, str]) -> None:
    """Have TensorFlow say little, and compute on processors with oneDNN's kernels; whoever has said otherwise is heard.

    They take two thirds of the time of its own for the smallest images, and half of it for those of 64x64. They sum in
    another order, so that a trial's numbers differ from those of the other kernels as they do between two processors.
    """
    for name, value in _OF_TENSORFLOW.items():
        environment.setdefault(name, value)


def choose_of_jax(environment: MutableMapping[str, str], threads: int) -> None:
    """Have JAX compute with so many threads on processors, and the same on a GPU every time; as above.

    ``NPROC`` is what its library takes for the number of processors.
    """
    for name, value in {**_OF_JAX, "NPROC": str(threads)}.items():
        environment.setdefault(name, value)


def import_keras() -> None:
    """Have Keras imported, whose backend ``KERAS_BACKEND`` names; a third sooner, and 150 MB smaller.

    For a process whose only thread this is: another one that imports such a library at the same time does not find it.
    """
    with no_collection(), hidden(_CONVENIENCES):
        import keras  # noqa: F401  # imports what it finds, and does without what it does not


@contextmanager
def hidden(libraries: tuple[str, ...]) -> Iterator[None]:
    """Have those that are not imported yet be taken for not installed; afterwards they can be imported as ever."""
    absent = [name for name in libraries if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is Python's own sign for this
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


class _Nobody:
    def report_progress(self, **progress: object) -> None:
        """Nobody hears of it."""

    def raise_if_cancelled(self) -> None:
        """Nobody ends it."""


def _practise() -> None:
    """A first tiny trial, so that a client's first does not pay for all that is set up on first use."""
    from augury.training.trial import train_trial  # imports Keras, which must find the settings made above

    images = np.full((_PRACTICE_IMAGES, _PRACTICE_SIDE, _PRACTICE_SIDE, 1), 128, np.uint8)
    settings = TrainingSettings(epochs=1, batch_size=4)
    definition = TrialDefinition(
        version=training_version(settings),
        engine="augury",
        dataset="practice",
        split=RandomSplit(validation_fraction=0.5, training_images=None),
        model=ModelSpec(name="linear"),
        training=settings,
        spec=ImageDataGeneratorSpec(rotation_range=1),
        seed=0,
    )
    train_trial(definition, Snapshot(images, np.arange(_PRACTICE_IMAGES) % 2, ["a", "b"]), _Nobody())
