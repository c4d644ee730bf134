"""Ending a job before it is over."""

from __future__ import annotations

import typer

from augury.cli.options import JobId, Url
from augury.client.client import Client


def cancel(job_id: JobId, url: Url = None) -> None:
    """Drop a job and the work it still has to do."""
    with Client(url) as client:
        typer.echo(f"{job_id}: {client.cancel(job_id).state}")


def stop(job_id: JobId, url: Url = None) -> None:
    """End a job's training now and have it report on what is done."""
    with Client(url) as client:
        typer.echo(f"{job_id}: {client.stop(job_id).state}")
