"""Limits and the address of the HTTP service. Read from ``AUGURY_*`` variables."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from api_schemas.access.limits import LIMIT_NAMES, MAX_BYTES, MAX_COUNT, Limits
from augury.datasets.settings import CommaSeparated
from augury.planning.effort import EffortLimits
from service.http.pace import Pace
from store.settings import StoreSettings


class ServiceSettings(StoreSettings):
    """The shared settings, and what only the service needs."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    listen_fd: int | None = Field(
        None, ge=3, description="A socket that listens there already, by its descriptor: several processes share it."
    )
    auth: Literal["auto", "keys", "proxy"] = Field(
        "auto", description="Who comes in. auto: with a key, or anybody where only this machine can connect."
    )
    proxy_addresses: CommaSeparated = Field(
        ["127.0.0.0/8", "::1"], description="With AUGURY_AUTH=proxy: from where requests need no key."
    )
    proxy_user_header: str = Field(
        "X-Forwarded-User", description="With AUGURY_AUTH=proxy: the header in which the proxy says who it is."
    )
    proxy_groups_header: str = Field(
        "X-Forwarded-Groups", description="With AUGURY_AUTH=proxy and AUGURY_GROUPS: in which it says their groups."
    )
    groups: CommaSeparated = Field(
        [],
        description="What groups of an issuer or a proxy may: group=project:scope+scope, separated by commas; "
        "the group * is everybody whom it lets in.",
    )
    public_url: str | None = Field(
        None, description="Where browsers find this service, for logins; default: http at its host and port."
    )
    allowed_hosts: CommaSeparated = Field(
        [], description="Hosts it answers to besides those of its address, e.g. augury.example,api:8000; *: any."
    )
    max_body_bytes: int = Field(1_000_000, ge=1, description="Larger request bodies are refused with 413.")
    max_wait_seconds: float = Field(60.0, ge=0, description="How long 'Prefer: wait=n' holds an answer at most.")
    max_waiting_clients: int = Field(
        500, ge=0, description="How many clients it holds answers for at a time; others are answered at once."
    )
    max_event_streams: int = Field(600, ge=0, description="How many streams of events it holds open at a time.")
    max_connections: int = Field(
        1000, ge=1, description="Open connections; the oldest without a whole request makes room for one more."
    )
    max_header_seconds: float = Field(10.0, gt=0, description="How long the headers of a request may take.")
    body_grace_seconds: float = Field(
        10.0, gt=0, description="How long a body may take before min_body_bytes_per_second is asked of it."
    )
    min_body_bytes_per_second: float = Field(1024.0, gt=0, description="Slower bodies and uploads end with 408.")
    max_silence_seconds: float = Field(30.0, gt=0, description="How long a body, or an answer, may stop on its way.")
    schema_patience_seconds: float = Field(60.0, ge=0, description="How long to wait for the database at start.")
    max_condition_images_per_job: int = Field(
        20_000_000, ge=1, description="Shown to all models of a job under conditions; more are refused with 422."
    )
    quota_jobs_waiting: int | None = Field(
        None, ge=0, le=MAX_COUNT, description="Jobs of a project that are not over; what has its own limit keeps that."
    )
    quota_trials_per_day: int | None = Field(None, ge=0, le=MAX_COUNT, description="Trials of a project on a day.")
    quota_training_seconds_per_day: float | None = Field(
        None, ge=0, le=MAX_COUNT, description="Of a project's trainings together on a day."
    )
    quota_stored_bytes: int | None = Field(None, ge=0, le=MAX_BYTES, description="Of a project's files.")
    quota_datasets: int | None = Field(None, ge=0, le=MAX_COUNT, description="Of a project.")
    quota_event_streams: int | None = Field(500, ge=0, le=MAX_COUNT, description="Open at a time, of a project.")
    quota_requests_per_minute: int | None = Field(
        None, ge=1, le=MAX_COUNT, description="Of a project, answered by each process of the service."
    )

    @property
    def browser_url(self) -> str:
        """Where browsers find this service, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def default_limits(self) -> Limits:
        """What a project may take that has no limit of its own; without the settings anything."""
        return Limits(**{name: getattr(self, f"quota_{name}") for name in LIMIT_NAMES})

    @property
    def effort_limits(self) -> EffortLimits:
        """How much one job may ask for."""
        return replace(
            self.training_limits,
            max_archive_bytes=self.max_archive_bytes,
            max_condition_images=self.max_condition_images_per_job,
        )

    @property
    def pace(self) -> Pace:
        """What is asked of clients that send bodies."""
        return Pace(self.body_grace_seconds, self.min_body_bytes_per_second, self.max_silence_seconds)
