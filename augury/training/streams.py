"""Named streams of randomness, so that two arms with the same seed share all but their augmentation."""

from __future__ import annotations

import numpy as np

SPLIT, INITIALISATION, BATCHES, AUGMENTATION = "split", "initialisation", "batches", "augmentation"
TRAINING_SUBSET, WHITENING, HELD_OUT, INNER_SPLIT = "training subset", "whitening", "held out", "inner split"


def stream_seed(seed: int, stream: str) -> int:
    """An independent seed for one use of randomness in a trial: 0 <= value < 2**31.

    Below 2**31, because ``ImageDataGenerator`` adds the number of the batch to it before it seeds NumPy,
    which takes less than 2**32.
    """
    entropy = np.random.SeedSequence([seed, *stream.encode()])
    return int(entropy.generate_state(1)[0]) >> 1
