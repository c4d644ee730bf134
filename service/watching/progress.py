"""How far jobs are that somebody listens to: read when something has changed, and at most once a second."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from service.watching.frames import progress_frame
from service.watching.listener import Listener
from service.watching.poller import Versions
from store.rows import jobs
from store.rows.views import job_views
from store.rows.views.versions import Version

_TELL_EVERY_SECONDS = 1.0
"""Batches and epochs come faster than anybody reads."""


@dataclass
class _Followed:
    """A job, who follows it, and what was told last."""

    project: str
    listeners: set[Listener] = field(default_factory=set)
    version: Version | None = None
    told_at: float = float("-inf")
    frame: bytes | None = None


@dataclass(frozen=True)
class Known:
    """A job's project, its version that was told last, and whether it may be told again already."""

    project: str
    version: Version | None
    is_due: bool


@dataclass
class Found:
    """What has changed."""

    progress: dict[str, tuple[Version, bytes | None]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    is_any_left: bool = False
    """Whether some of it is to be told later."""


class ProgressTold:
    """The jobs that are followed in this process."""

    def __init__(self) -> None:
        self._followed: dict[str, _Followed] = {}

    def follow(self, job_id: str, listener: Listener) -> None:
        """Somebody listens to a job of its project."""
        self._followed.setdefault(job_id, _Followed(listener.project)).listeners.add(listener)

    def unfollow(self, job_id: str, listener: Listener) -> None:
        """It does so no more."""
        followed = self._followed[job_id]
        followed.listeners.discard(listener)
        if not followed.listeners:
            del self._followed[job_id]

    def listeners(self, job_id: str) -> Collection[Listener]:
        """Who listens to it."""
        followed = self._followed.get(job_id)
        return followed.listeners if followed else ()

    def job_ids(self) -> Collection[str]:
        """All that are followed."""
        return self._followed.keys()

    def latest(self, job_id: str) -> bytes | None:
        """What was found last of how far it is; None where it is over, or was not looked at yet."""
        return self._followed[job_id].frame

    def known(self, monotonic: float) -> dict[str, Known]:
        """What is known of each."""
        return {
            job_id: Known(each.project, each.version, monotonic - each.told_at >= _TELL_EVERY_SECONDS)
            for job_id, each in self._followed.items()
        }

    def tell(self, found: Found, monotonic: float) -> None:
        """Wake those whom it concerns."""
        for job_id, (version, frame) in found.progress.items():
            followed = self._followed.get(job_id)
            if followed is None:
                continue
            followed.version, followed.told_at = version, monotonic
            if frame != followed.frame:
                followed.frame = frame
                for listener in followed.listeners:
                    listener.wake()
        for job_id in found.gone:
            for listener in self.listeners(job_id):
                listener.end()


def find(session: Session, known: Mapping[str, Known], versions: Versions, now: float) -> Found:
    """Read those that have changed and may be told again."""
    found = Found()
    for job_id, each in known.items():
        version = versions.get(job_id)
        if version == each.version and version is not None:
            continue
        if not each.is_due:
            found.is_any_left = True
            continue
        row = jobs.find(session, each.project, job_id)
        if row is None or version is None:
            found.gone.add(job_id)
            continue
        progress = job_views.progress_told(session, row, now)
        found.progress[job_id] = (version, None if progress is None else progress_frame(progress))
    return found
