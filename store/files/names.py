"""The files that a trial leaves behind, by name."""

from __future__ import annotations


def trial_folder(trial_id: str) -> str:
    """Where all of them are."""
    return f"trials/{trial_id}"


def predictions_name(trial_id: str) -> str:
    """An npz: which validation images, their labels, the predicted classes, the probability of the true one."""
    return f"{trial_folder(trial_id)}/predictions.npz"


def model_name(trial_id: str) -> str:
    """The trained model in Keras's own format; only of trials that have one kept."""
    return f"{trial_folder(trial_id)}/model.keras"
