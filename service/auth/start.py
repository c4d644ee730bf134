"""At start: whether who can reach the service is whom the operator has meant."""

from __future__ import annotations

from functools import partial

from service.auth.doors import are_keys_needed
from service.settings import ServiceSettings
from store.database import Database, patiently
from store.rows.access import keys

REMEDY = (
    "make a key, with the same settings: python -m store keys create NAME; or name an issuer of OpenID Connect: "
    "AUGURY_OIDC_ISSUER and AUGURY_GROUPS; or have a proxy in front that knows users, "
    "and say so: AUGURY_AUTH=proxy and AUGURY_PROXY_ADDRESSES; or listen where only this machine can connect: "
    "AUGURY_HOST=127.0.0.1"
)


class NotProtectedError(RuntimeError):
    """The service would be open to more than this machine, or to nobody; the text says what to do."""


def require_protected(settings: ServiceSettings, database: Database, *, are_people_known: bool = False) -> None:
    """See that there are keys where they are needed, unless an issuer knows who may come in.

    A database that has gone away since it was looked at is waited for.

    Raises:
        NotProtectedError: there are none that work.
        sqlalchemy.exc.OperationalError: the database was away for longer than ``schema_patience_seconds``.
    """
    if are_people_known or not are_keys_needed(settings):
        return
    if patiently(partial(_is_any_key_active, database), settings.schema_patience_seconds):
        return
    reason = "AUGURY_AUTH is keys" if settings.auth == "keys" else f"AUGURY_HOST is {settings.host or 'every address'}"
    raise NotProtectedError(f"{reason}, and there is no key to come in with: {REMEDY}")


def _is_any_key_active(database: Database) -> bool:
    with database.reading() as session:
        return keys.is_any_active(session, database.now(session))
