"""The files that a trial leaves behind, by name."""

from __future__ import annotations


def predictions_name(trial_id: str) -> str:
    """An npz: which validation images, their labels, the predicted classes, the probability of the true one."""
    return f"trials/{trial_id}/predictions.npz"


def model_name(trial_id: str) -> str:
    """The trained model in Keras's own format; only of trials that have one kept."""
    return f"trials/{trial_id}/model.keras"
