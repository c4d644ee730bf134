"""A connection to MLflow, by its own client, which is imported when somebody publishes there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from augury.errors import AuguryError, NothingToPublish, NotInstalled, PublishingFailed
from augury.publishing.secrets import without_credentials

URI_VARIABLE = "MLFLOW_TRACKING_URI"
_USUAL = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""Unless the environment says otherwise: nobody else is told, for a server that is away nobody waits minutes, and what
is printed is ours."""


def connected(tracking_uri: str | None) -> Any:
    """MLflow's client of the server that was named, or that ``MLFLOW_TRACKING_URI`` names.

    Raises:
        NotInstalled: there is no such client here.
        NothingToPublish: no server was named.
    """
    try:
        from mlflow.tracking import MlflowClient
    except ModuleNotFoundError as error:
        raise NotInstalled("publishing to MLflow takes its client: pip install 'augury[mlflow]'") from error
    where = tracking_uri or os.environ.get(URI_VARIABLE)
    if not where:
        raise NothingToPublish(f"which MLflow? Say --tracking-uri ADDRESS, or set {URI_VARIABLE}")
    return MlflowClient(where)


@contextmanager
def of_our_own() -> Iterator[None]:
    """Have MLflow's client behave as suits us while the block lasts, and say what it raises in one sentence of ours.

    Raises:
        PublishingFailed: the server refused, or could not be reached.
        NotInstalled: the address takes more of MLflow than its client, as a database or a bucket does.
    """
    missing = {name: value for name, value in _USUAL.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    except AuguryError:
        raise
    except ImportError as error:
        raise NotInstalled(f"this address takes more than MLflow's client: pip install mlflow ({error})") from error
    except Exception as error:
        if not _is_theirs(error):
            raise
        raise PublishingFailed(f"MLflow did not take it: {' '.join(str(error).split())[:500]}") from error
    finally:
        for name in missing:
            os.environ.pop(name, None)


def page_of_run(tracking_uri: str, experiment_id: str, run_id: str) -> str | None:
    """Where a server shows a run to people; None for what has no pages, such as a folder."""
    if urlsplit(tracking_uri).scheme not in ("http", "https"):
        return None
    return f"{without_credentials(tracking_uri).rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"


def _is_theirs(error: Exception) -> bool:
    """Whether it comes from MLflow or from the network below it, and is no mistake of ours."""
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] in ("mlflow", "requests", "urllib3")
