"""The settings as tables, made of the classes that read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from augury.datasets.settings import IngestSettings
from docs.making.markdown import code, plain, table
from service.auth.oidc.settings import OidcSettings
from service.settings import ServiceSettings
from store.settings import StoreSettings
from store.webhooks.settings import WebhookSettings
from workers.settings import WorkerSettings

GROUPS: dict[str, type[BaseSettings]] = {
    "Of every process": StoreSettings,
    "Of the service": ServiceSettings,
    "Of the workers": WorkerSettings,
    "Of datasets": IngestSettings,
    "Of webhooks": WebhookSettings,
    "Of an issuer that knows people": OidcSettings,
}


def settings(_: str) -> str:
    """A table for each group; what a class takes over from another is told there."""
    told: set[str] = set()
    parts = []
    for title, group in GROUPS.items():
        rows = [row for row in rows_of(group) if row[0] not in told]
        told |= {row[0] for row in rows}
        shown = [(code(variable), default, meaning) for variable, default, meaning in rows]
        parts.append(f"## {title}\n\n" + table(["variable", "default", "meaning"], shown))
    return "\n".join(parts)


def rows_of(group: type[BaseSettings]) -> Iterator[tuple[str, str, str]]:
    """Of each setting: its variable, its default, and what it means."""
    for name, field in group.model_fields.items():
        yield variable_of(group, name, field), _default(field), plain(field.description)


def variable_of(group: type[BaseSettings], name: str, field: FieldInfo) -> str:
    """The environment variable that a setting is read from."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return str(alias) if alias else f"{group.model_config.get('env_prefix', '')}{name}".upper()


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default()  # not what a factory makes, which is of the machine: the meaning says what that is
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, list | tuple | set | frozenset):
        return code(",".join(map(str, value))) if value else ""
    return "" if value in (None, "") else code(value)
