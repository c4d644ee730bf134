"""Whom webhooks may tell, how long that is tried, and by which key it is signed. Read from ``AUGURY_WEBHOOK_*``."""

from __future__ import annotations

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from augury.datasets.settings import CommaSeparated

MIN_KEY_LENGTH = 32


class WebhookSettings(BaseSettings):
    """What the service and the control workers must agree on. Safe by default: public addresses alone, over https."""

    model_config = SettingsConfigDict(env_prefix="AUGURY_WEBHOOK_", extra="ignore", hide_input_in_errors=True)

    key: SecretStr | None = Field(
        None,
        min_length=MIN_KEY_LENGTH,
        description="What all secrets are made of, at random; default: webhooks.key in the data directory, made when "
        "it is needed. The service and the control workers need the same.",
    )
    hosts: CommaSeparated = Field(
        [], description="The only hosts that may be told, e.g. hooks.example,b.example:8443; none: any public host."
    )
    private_hosts: CommaSeparated = Field(
        [],
        description="Hosts that may be told wherever they are, and without encryption, e.g. ci.internal:8080; none.",
    )
    public_url: str = Field(
        "",
        validation_alias=AliasChoices("AUGURY_PUBLIC_URL", "public_url"),
        description="How clients reach the service, put before the paths in messages; none: paths alone.",
    )
    max_per_project: int = Field(20, ge=1, le=200, description="Webhooks of one project.")
    at_once: int = Field(16, ge=1, le=200, description="Messages that one control worker sends at a time.")
    poll_seconds: float = Field(1.0, gt=0, description="How often a control worker looks for messages.")
    timeout_seconds: float = Field(
        10.0, gt=0, le=60, description="For one attempt: connection, request and answer together."
    )
    retry_hours: float = Field(72.0, gt=0, description="For how long a message is tried.")
    keep_days: float = Field(14.0, gt=0, description="Messages that are over are forgotten after so long.")


def variable_of(field: str) -> str:
    """The environment variable that sets something, for messages."""
    return f"AUGURY_WEBHOOK_{field.upper()}"
