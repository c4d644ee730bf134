"""Artifacts on the wire: the files that a job leaves behind."""

from __future__ import annotations

from pydantic import Field

from api_schemas.base import Body


class Artifact(Body):
    """One file of a job that is over."""

    name: str = Field(description="Download it from `GET /v1/jobs/{id}/artifacts/{name}`.", examples=["augmented.zip"])
    bytes: int
    media_type: str
    sha256: str = Field(description="Of the content, in hexadecimal.")


class ArtifactList(Body):
    """Everything that a job left behind; empty until it has succeeded."""

    items: list[Artifact]
