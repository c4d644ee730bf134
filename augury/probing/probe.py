"""The questions that a probe asks: clean images, whole candidates, and every parameter alone at several strengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.parameters import Draws
from augury.evidence.dose_response import alone, augmentation_half, doses, random_values
from augury.evidence.probe_results import CandidateProbe, ClassCounts, DoseProbe, ParameterProbe, Probe, Value
from augury.monitor import WorkMonitor
from augury.probing.changes import changes_of, unchanged_share
from augury.probing.forward import Classify
from augury.probing.questions import questions_about
from augury.probing.sampling import answers_per_question, rounds_for, shown_images
from augury.training.streams import stream_seed

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.int64]

STREAM = "probe"
_CHUNK_BYTES = 16_000_000
_MAX_MISTAKES = 50
_MAX_COMPARED = 256
_BRIGHTNESS_CHANNELS = (1, 3, 4)


def run_probe(
    classify: Classify,
    baseline: ImageDataGeneratorSpec,
    candidates: Mapping[str, ImageDataGeneratorSpec],
    images: Array,
    labels: npt.NDArray[np.int64],
    *,
    validation_indices: Indices,
    training_indices: Indices,
    class_count: int,
    seed: int,
    monitor: WorkMonitor,
    known: Mapping[str, CandidateProbe] | None = None,
) -> Probe:
    """Ask one baseline model about the candidates' augmentations, by inference alone.

    Validation images are transformed by a candidate's random half in the data's own range, and then preprocessed as the
    baseline's model is used to. The draws depend on the seed alone, and all strengths of a parameter share them, so
    that its dose-response is smooth. A set of parameters that several candidates have is asked about once.

    Args:
        classify: preprocessed images to classes, by the model that was trained with *baseline* on this seed's split.
        baseline: its spec; its random half, if it has one, is not applied.
        candidates: specs by name.
        images: ``[N, H, W, C]``, may be a memory map.
        labels: ``[N]``.
        validation_indices: the images to show; of more than a thousand, a stratified choice.
        training_indices: what featurewise statistics of the baseline's preprocessing are taken from.
        class_count: classes of the dataset.
        seed: of the trial; determines choice and draws.
        monitor: asked several times a second whether to go on.
        known: what this model has answered before, by ``questions_about`` the candidate: it is not asked again.
    """
    asker = _Asker(classify, baseline, images, labels, validation_indices, training_indices, class_count, seed, monitor)
    refused = {name: refusal for name, spec in candidates.items() if (refusal := _refusal(spec, images.shape))}
    answered = {
        name: (known or {}).get(questions_about(spec)) or asker.candidate(spec)
        for name, spec in candidates.items()
        if name not in refused
    }
    raw = images[asker.few]
    seen = asker.preprocess(raw)
    return Probe(
        seed=seed,
        shape=images.shape[1:],
        value_range=(float(raw.min()), float(raw.max())),
        seen_range=(float(seen.min()), float(seen.max())),
        clean=asker.clean(),
        candidates=answered,
        skipped=refused,
    )


def _refusal(spec: ImageDataGeneratorSpec, shape: tuple[int, ...]) -> str | None:
    if spec.brightness_range is not None and shape[3] not in _BRIGHTNESS_CHANNELS:
        return f"brightness_range needs images with 1, 3 or 4 channels, and these have {shape[3]}"
    return None


class _Asker:
    """One model, the images that it is shown, and what it has answered so far."""

    def __init__(
        self, classify: Classify, baseline: ImageDataGeneratorSpec, images: Array, labels: npt.NDArray[np.int64],
        validation: Indices, training: Indices, class_count: int, seed: int, monitor: WorkMonitor,
    ) -> None:  # fmt: skip
        self._classify, self._images, self._labels = classify, images, labels
        self._class_count, self._monitor, self._seed = class_count, monitor, stream_seed(seed, STREAM)
        self._answers_per_question = answers_per_question(int(np.prod(images.shape[1:])))
        self._shown = shown_images(validation, labels[validation], self._answers_per_question, self._seed)
        self.few = shown_images(self._shown, labels[self._shown], _MAX_COMPARED, self._seed)
        self._baseline = Pipeline(baseline.preprocessing())
        if baseline.needs_fit:
            self._baseline.fit(images[training])
        self._answers: dict[tuple[str, bool], ClassCounts] = {}
        self._clean = self._answers_to(ImageDataGeneratorSpec(), 0) == labels[self._shown]

    def clean(self) -> ClassCounts:
        """The model's answers to the images as they are."""
        return self._judged(ImageDataGeneratorSpec(), for_a_dose=False)

    def preprocess(self, raw: Array) -> Array:
        """Raw images as the baseline's model is used to them, float32."""
        return self._baseline.preprocess(raw).astype(np.float32, copy=False)

    def candidate(self, spec: ImageDataGeneratorSpec) -> CandidateProbe:
        """The whole random half, and each of its parameters."""
        half = augmentation_half(spec)
        raw = self._images[self.few]
        return CandidateProbe(
            judged=self._judged(half, for_a_dose=False),
            unchanged=unchanged_share(raw, self._transformed(half, self.few, 0)),
            parameters=[self._parameter(spec, name, value) for name, value in random_values(spec).items()],
            asked=questions_about(spec),
        )

    def _parameter(self, spec: ImageDataGeneratorSpec, name: str, value: Value) -> ParameterProbe:
        half = alone(spec, name, value)
        steps = doses(name, value, self._images.shape[1:])
        raw = self._images[self.few]
        changes = changes_of(spec, raw, self._transformed(half, self.few, 0))
        return ParameterProbe(
            parameter=name,
            value=value,
            judged=self._judged(half, for_a_dose=False),
            doses=[
                DoseProbe(
                    fraction=fraction,
                    value=weaker,
                    judged=self._judged(alone(spec, name, weaker), for_a_dose=fraction < 1),
                )
                for fraction, weaker in steps
            ],
            unchanged=changes.unchanged,
            drawn_change=changes.drawn,
            seen_change=changes.seen,
        )

    def _judged(self, half: ImageDataGeneratorSpec, *, for_a_dose: bool) -> ClassCounts:
        key = (half.model_dump_json(), for_a_dose)
        if key not in self._answers:
            once = for_a_dose or not half.has_augmentation
            rounds = 1 if once else rounds_for(len(self._shown), self._answers_per_question)
            parts = [self._answers_to(half, number) for number in range(rounds)]
            self._answers[key] = self._counted(np.concatenate(parts), rounds)
        return self._answers[key]

    def _answers_to(self, half: ImageDataGeneratorSpec, number: int) -> npt.NDArray[np.int64]:
        step = max(1, _CHUNK_BYTES // (4 * int(np.prod(self._images.shape[1:]))))
        parts = []
        for start in range(0, len(self._shown), step):
            self._monitor.raise_if_cancelled()
            raw = self._transformed(half, self._shown[start : start + step], number)
            parts.append(self._classify(self.preprocess(raw)))
        return np.concatenate(parts)

    def _transformed(self, half: ImageDataGeneratorSpec, indices: Indices, number: int) -> Array:
        raw = self._images[indices]
        if not half.has_augmentation:
            return raw
        pipeline = Pipeline(half)
        draws: Draws = pipeline.draw(raw.shape[1:], seed=self._seed, epoch=number, indices=indices)
        return pipeline.transform(raw, draws)

    def _counted(self, answers: npt.NDArray[np.int64], rounds: int) -> ClassCounts:
        """Answers ``[rounds * images]`` to all images that are shown, round by round."""
        count = self._class_count
        labels = np.tile(self._labels[self._shown], rounds)
        right = labels == answers
        both = right & np.tile(self._clean, rounds)
        pairs, times = np.unique(labels[~right] * count + answers[~right], return_counts=True)
        frequent = np.argsort(-times, kind="stable")[:_MAX_MISTAKES]
        return ClassCounts(
            shown=np.bincount(labels, minlength=count).tolist(),
            correct=np.bincount(labels[right], minlength=count).tolist(),
            correct_both_ways=np.bincount(labels[both], minlength=count).tolist(),
            mistakes=[(int(pairs[at] // count), int(pairs[at] % count), int(times[at])) for at in frequent],
        )
