"""``python -m service.doctor``: what is wrong with the settings of the service, printed as JSON for `augury doctor`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from api_schemas.service.doctor import Finding, fine, problem, warning
from augury.telemetry import traces
from service.auth.doors import Doors, are_keys_needed
from service.auth.oidc.provider import Provider
from service.auth.oidc.settings import OidcSettings
from service.auth.start import NotProtectedError, require_protected
from service.settings import ServiceSettings
from store.database import Database
from store.doctor.examining import answer, read_settings, versions
from store.rows.access import projects
from store.webhooks.settings import WebhookSettings


def examine() -> Iterator[Finding]:
    """What only the service has."""
    yield from versions("service")
    settings, faults = read_settings(ServiceSettings)
    yield from faults
    if settings is not None:
        yield from _doors(settings)
        yield from _traces(settings)


def _doors(settings: ServiceSettings) -> Iterator[Finding]:
    oidc, faults = read_settings(OidcSettings)
    yield from [*faults, *read_settings(WebhookSettings)[1]]
    try:
        doors = Doors.of(settings)
        provider = None if oidc is None else Provider.of(settings, oidc)
    except ValueError as error:  # of which those of ours name the setting
        says = f"who may come in cannot be told from the settings: {error}"
        yield problem("keys", says, "correct it in the environment; docs/security.md says what is expected")
        return
    if any(network.prefixlen == 0 for network in doors.proxies):
        says = "AUGURY_PROXY_ADDRESSES has all addresses in it: whoever reaches the service needs no key"
        yield problem("keys", says, "name the addresses of the proxy alone")
    if doors.are_open and "*" in settings.allowed_hosts:
        says = "AUGURY_ALLOWED_HOSTS is *, and no key is needed: any page that a browser here shows can use the service"
        yield problem("keys", says, "name the hosts, or set AUGURY_AUTH=keys")
    tables = [doors.groups, *([] if provider is None else [provider.groups])]
    if named := list(dict.fromkeys(project for table in tables for project in table.projects())):
        yield from _groups(settings, named)
    if provider is not None:
        yield fine("keys", "people are known by an issuer; programs have keys or its tokens")
    elif are_keys_needed(settings):
        yield _keys(settings)
    elif doors.are_open:
        yield fine("keys", f"none is needed: only this machine reaches {settings.host}")
    else:
        yield fine("keys", "none is needed by who comes through the proxy")


def _groups(settings: ServiceSettings, named: list[str]) -> Iterator[Finding]:
    """Of the projects that groups are given; nothing where the database is away, which others say."""
    database = Database(settings.resolved_database_url)
    try:
        with database.reading() as session:
            there = set(projects.names(session))
    except SQLAlchemyError:
        return
    finally:
        database.close()
    if missing := [project for project in named if project not in there]:
        says = f"AUGURY_GROUPS gives groups projects that nobody has created: {', '.join(missing)}"
        yield warning("keys", says, f"python -m store projects create {missing[0]}")


def _keys(settings: ServiceSettings) -> Finding:
    database = Database(settings.resolved_database_url)
    try:
        require_protected(settings, database)
    except NotProtectedError as error:
        reason, _, remedy = str(error).partition(": ")
        return problem("keys", reason, remedy)
    except SQLAlchemyError as error:
        says = f"whether there are keys could not be seen: {type(error).__name__}"
        return warning("keys", says, "see to the database first")
    finally:
        database.close()
    return fine("keys", "they are needed, and there are some")


def _traces(settings: ServiceSettings) -> Iterator[Finding]:
    if not settings.traces:
        return
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    named = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    if not traces.is_installed():
        says = "AUGURY_TRACES is on, and what makes traces is not installed: the service does not start"
        yield problem("traces", says, "pip install 'augury[telemetry]'")
    elif protocol not in (None, "http/protobuf"):
        says = f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol}, and traces are sent as http/protobuf"
        yield warning("traces", says, "have the collector take OTLP over HTTP, by default at port 4318")
    elif not any(os.environ.get(name) for name in named):
        says = "AUGURY_TRACES is on, and no collector is named: traces go to port 4318 of this machine"
        yield warning("traces", says, "set OTEL_EXPORTER_OTLP_ENDPOINT")
    else:
        yield fine("traces", "they are sent to the collector that is named")


if __name__ == "__main__":
    sys.exit(answer(examine, ServiceSettings, OidcSettings, WebhookSettings))
