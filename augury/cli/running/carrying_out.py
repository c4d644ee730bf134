"""Submit a job, watch it, and show what came out."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from augury.cli.follow import Output, conclude, follow, follow_or_let_go, say
from augury.cli.running.place import Place
from augury.client.address import page_of_job
from augury.errors import AuguryError
from augury.private_files import close_to_others, make_private_folder

CANCEL_SECONDS = 5.0
"""A training ends within three seconds of a cancel; what has not by then is ended with the stack."""


def carried_out(
    place: Place,
    body: dict[str, Any],
    output: Output,
    *,
    idempotency_key: str | None = None,
    pages: Path | None = None,
) -> int:
    """Have a job carried out from its submission to what it leaves behind; the exit code.

    Args:
        place: who does it.
        body: the request.
        output: where the results go.
        idempotency_key: under which it is submitted once.
        pages: a folder for the report as a page, where *output* has no file for it; None: only a stack of this
            command's own, which is gone afterwards, leaves one, in its data directory.

    Raises:
        KeyboardInterrupt: somebody has had enough. At a service the job goes on then. A stack of our own would go on
            with it the next time that it is started, so it is dropped there, unless a key says that it is asked for
            again.
    """
    client = place.client
    job = client.submit(body, idempotency_key)
    folder = place.data_dir / "reports" if pages is None and place.data_dir is not None else pages
    kept = None if folder is None or output.page is not None else make_private_folder(folder) / f"{job.id}.html"
    address = f"{client.url}{page_of_job(job.id)}"
    shown = replace(output, page=output.page or kept, link=address if place.data_dir is None else "")
    say(f"{job.id} submitted to {client.url}; its page: {address}")
    try:
        if place.data_dir is None:
            return conclude(client, follow_or_let_go(client, job.id, place.again), shown)
        return conclude(client, follow(client, job.id), shown)
    except KeyboardInterrupt:
        if place.data_dir is not None and idempotency_key is None:
            _drop(place, job.id)
        raise
    finally:
        if kept is not None:
            close_to_others(kept)


def _drop(place: Place, job_id: str) -> None:
    """Cancel a job whose service is about to end, and give it a moment to be over."""
    give_up_at = time.monotonic() + CANCEL_SECONDS
    with suppress(AuguryError):
        job = place.client.cancel(job_id)
        while not job.is_terminal and time.monotonic() < give_up_at:
            time.sleep(0.1)
            job = place.client.job(job_id)
