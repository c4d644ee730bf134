"""Arms with given predictions, and outcomes drawn at random, for tests of the statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.statistics.paired_outcomes import PairedOutcomes, outcomes_from


def arm(name: str, labels: npt.ArrayLike, predicted: Sequence[npt.ArrayLike], indices: Any = None) -> ArmRecord:
    """An arm on seeds 0, 1, ... with these predictions ``[seeds, V]`` for images of these labels ``[V]``."""
    of_images = np.asarray(labels, dtype=np.int64)
    shown = np.arange(len(of_images)) if indices is None else np.asarray(indices)
    return ArmRecord(
        name,
        ImageDataGeneratorSpec(),
        {
            seed: SeedRecord(
                accuracy=float(np.mean(of_images == np.asarray(each))),
                clean_training_accuracy=1.0,
                final_training_loss=0.1,
                still_improving=False,
                diverged=False,
                indices=shown,
                labels=of_images,
                predicted=np.asarray(each, dtype=np.int64),
            )
            for seed, each in enumerate(predicted)
        },
    )


def on_the_same_images(candidate: npt.ArrayLike, reference: npt.ArrayLike) -> PairedOutcomes:
    """Outcomes of two arms ``[seeds, V]`` (right or wrong) on one fixed validation set."""
    right, against = np.asarray(candidate, dtype=bool), np.asarray(reference, dtype=bool)
    return outcomes_from(list(right), list(against), [np.arange(right.shape[1])] * len(right))


def random_outcomes(
    generator: np.random.Generator, *, seeds: int, images: int, drawn: int, difficulty: float, systematic: float
) -> PairedOutcomes:
    """Two arms without a difference on average over a large population of which these images are a sample.

    Every arm has a difficulty of its own for every image, which differ by about *systematic* logits, and every trial
    an error of its own. Every seed validates on *drawn* of the images.
    """
    easy = generator.normal(difficulty, 2, images)
    hard = easy + generator.normal(0, systematic, images)
    swapped = generator.random(images) < 0.5
    arms = np.where(swapped, [easy, hard], [hard, easy])
    indices = [np.sort(generator.choice(images, drawn, replace=False)) for _ in range(seeds)]
    right = [
        [generator.random(drawn) < 1 / (1 + np.exp(-logit[of_seed] - generator.normal(0, 0.2))) for of_seed in indices]
        for logit in arms
    ]
    return outcomes_from(right[0], right[1], indices)


def grouped_outcomes(
    generator: np.random.Generator,
    sizes: npt.NDArray[np.int64],
    *,
    seeds: int,
    difference: float = 0.0,
    spread: float = 0.0,
    drawn: float = 1.0,
) -> PairedOutcomes:
    """Outcomes where whole groups of these sizes are validated on, a share *drawn* of them per seed.

    The candidate is *difference* points better on average; what it does to one group deviates from that by *spread*.
    """
    of_image, per_seed = np.repeat(np.arange(len(sizes)), sizes), max(1, round(drawn * len(sizes)))
    own = difference / 100 + generator.normal(0, spread / 100, len(sizes))
    candidate, reference, units = [], [], []
    for _ in range(seeds):
        shown = of_image[np.isin(of_image, generator.choice(len(sizes), per_seed, replace=False))]
        candidate.append(generator.random(len(shown)) < np.clip(0.7 + own[shown] + generator.normal(0, 0.01), 0, 1))
        reference.append(generator.random(len(shown)) < 0.7 + generator.normal(0, 0.01))
        units.append(shown)
    return outcomes_from(candidate, reference, units)


OUTCOMES = st.builds(
    lambda entropy, seeds, images, share, difficulty, systematic: random_outcomes(
        np.random.default_rng(entropy),
        seeds=seeds,
        images=images,
        drawn=max(1, round(images * share)),
        difficulty=difficulty,
        systematic=systematic,
    ),
    st.integers(0, 2**32),
    st.integers(2, 8),
    st.integers(2, 80),
    st.sampled_from([0.2, 0.5, 1.0]),
    st.sampled_from([0.0, 3.0, 60.0]),
    st.sampled_from([0.0, 3.0]),
)
"""From two images to eighty, disjoint or shared, easy to impossible, with and without systematic differences."""
