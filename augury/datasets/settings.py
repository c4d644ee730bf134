"""What may be ingested, and how much of it. Read from ``AUGURY_INGEST_*`` variables; errors name them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _split_at_commas(value: object) -> object:
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


CommaSeparated = Annotated[list[str], NoDecode, BeforeValidator(_split_at_commas)]


class IngestSettings(BaseSettings):
    """Where datasets may come from, and the limits of each. Safe by default: nothing but uploads and digits."""

    model_config = SettingsConfigDict(env_prefix="AUGURY_INGEST_", extra="ignore")

    roots: Annotated[list[Path], NoDecode, BeforeValidator(_split_at_commas)] = Field(
        [], description="Folders below which `path` references may lie, separated by commas; none: refused."
    )
    buckets: CommaSeparated = Field(
        [], description="Buckets that `s3` and `gs` references may name, e.g. s3://images,gs://flowers; none: refused."
    )
    url: bool = Field(False, description="Whether `url` references are fetched at all.")
    url_hosts: CommaSeparated = Field(
        [], description="Hosts they may name, separated by commas; none: any public host."
    )
    huggingface_endpoint: str | None = Field(None, description="The hub for `huggingface` references; none: refused.")
    downloads: bool = Field(False, description="Whether Keras may download its own datasets (mnist, cifar10, ...).")

    weights_url: str | None = Field(
        None,
        validation_alias=AliasChoices("AUGURY_WEIGHTS_URL", "weights_url"),
        description="Folder or s3:// or gs:// prefix with weights.json and the files that it lists; none: refused.",
    )
    weights_download_url: str | None = Field(
        None,
        validation_alias=AliasChoices("AUGURY_WEIGHTS_DOWNLOAD_URL", "weights_download_url"),
        description="Where Keras's own files of weights are fetched from that weights.json lists and that are not "
        "beside it; none: nowhere.",
    )

    max_bytes: int = Field(10 * 2**30, ge=1, description="Of an upload, a download or a source file.")
    max_unpacked_bytes: int = Field(50 * 2**30, ge=1, description="Of all members of an archive together.")
    max_snapshot_bytes: int = Field(100 * 2**30, ge=1, description="Of a dataset's pixels as they are stored.")
    max_members: int = Field(2_000_000, ge=1, description="Files in an archive or a folder.")
    max_images: int = Field(2_000_000, ge=1, description="Images of a dataset, in arrays, too.")
    max_image_bytes: int = Field(50 * 2**20, ge=1, description="Of one encoded image.")
    max_image_pixels: int = Field(50_000_000, ge=1, description="Height times width of one image.")
    max_ratio: float = Field(200.0, ge=1, description="Unpacked to packed bytes of an archive or one of its members.")
    max_classes: int = Field(10_000, ge=1, description="Classes of a dataset.")
    max_line_bytes: int = Field(1_000_000, ge=1, description="Of one line of a manifest.")
    max_seconds: float = Field(3600.0, gt=0, description="Wall time of one ingestion.")
    max_memory_bytes: int = Field(
        8 * 2**30, ge=2**28, description="Memory of an ingesting process and of each decoder."
    )
    max_redirects: int = Field(3, ge=0, description="Of a `url` reference.")


def variable_of(field: str) -> str:
    """The environment variable that sets a limit, for messages: ``AUGURY_INGEST_MAX_BYTES``."""
    alias = IngestSettings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"AUGURY_INGEST_{field.upper()}"
