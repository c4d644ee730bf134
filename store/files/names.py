"""Where artifacts are: the name of every file and folder among them."""

from __future__ import annotations

from store.ids import DEFAULT_PROJECT


def trial_folder(trial_id: str) -> str:
    """All that a trial leaves behind."""
    return f"trials/{trial_id}"


def predictions_name(trial_id: str) -> str:
    """An npz: which validation images, their labels, the predicted classes, the probability of the true one."""
    return f"{trial_folder(trial_id)}/predictions.npz"


def scored_name(trial_id: str) -> str:
    """The same of the split that is scored at the end; only of trials that are asked for it."""
    return f"{trial_folder(trial_id)}/scored.npz"


def model_name(trial_id: str) -> str:
    """The trained model in Keras's own format; only of trials that have one kept."""
    return f"{trial_folder(trial_id)}/model.keras"


def snapshot_folder(digest: str) -> str:
    """A snapshot."""
    return f"datasets/{digest}"


def snapshot_part_name(digest: str, part: str) -> str:
    """One of its files (see ``augury.datasets.snapshot.PARTS``)."""
    return f"{snapshot_folder(digest)}/{part}"


def stored_model_name(digest: str) -> str:
    """A registered model as it was checked and written anew (see ``augury.training.model_files.stored``)."""
    return f"models/{digest}/model.safetensors"


def fetched_weights_name(sha256: str) -> str:
    """A file of weights that Keras publishes, as it was fetched, for all projects."""
    return f"weights/{sha256}"


UPLOADS = "uploads"
"""The folder of all uploaded files."""


def upload_name(project: str, sha256: str) -> str:
    """A file that a project has uploaded: who only knows a checksum gets at no other project's."""
    return f"{UPLOADS}/{sha256}" if project == DEFAULT_PROJECT else f"{UPLOADS}/{sha256}.{project}"


def job_folder(job_id: str) -> str:
    """All that a job leaves behind."""
    return f"jobs/{job_id}"


def job_file_name(job_id: str, name: str) -> str:
    """A file that the job's client may download, by the name that the client knows."""
    return f"{job_folder(job_id)}/{name}"


def chunks_folder(job_id: str) -> str:
    """The parts of an archive, before they are put together."""
    return f"{job_folder(job_id)}/chunks"


def condition_answers_name(job_id: str, number: int) -> str:
    """What one model of a comparison takes other images for; see ``augury.conditions.answers``."""
    return f"{job_folder(job_id)}/conditions/{number}.npz"


def final_score_name(job_id: str, number: int) -> str:
    """What one model takes the images of the dataset for that is scored at the end; as ``predictions_name``."""
    return f"{job_folder(job_id)}/final_scores/{number}.npz"


def sheet_name(job_id: str, candidate: str) -> str:
    """A candidate's contact sheet."""
    return f"{job_folder(job_id)}/sheets/{candidate}.png"


def report_name(job_id: str, form: str) -> str:
    """A report, in the form that its ending names: ``json``, ``html`` or ``md``."""
    return f"{job_folder(job_id)}/report.{form}"
