"""An issuer, what this service is to it, and what its groups may do here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import anyio

from service.auth.members import GroupTable, SettingError
from service.auth.oidc.issuer import Issuer, require_safe
from service.auth.oidc.login import Client
from service.auth.oidc.settings import OidcSettings
from service.settings import ServiceSettings
from store.settings import SECONDS_PER_HOUR

CALLBACK = "/login/callback"
_THREADS = 4
"""For what asks the issuer, so that an issuer who is slow holds up logins and tokens alone."""


@dataclass(frozen=True)
class Provider:
    """What logins and tokens need.

    Attributes:
        issuer: who signs.
        client: what this service is there.
        audience: of bearer tokens; None: there are none.
        groups: what groups may.
        session_seconds: how long a login lasts.
    """

    issuer: Issuer
    client: Client
    audience: str | None
    groups: GroupTable
    session_seconds: float

    @classmethod
    def of(cls, settings: ServiceSettings, oidc: OidcSettings) -> Provider | None:
        """As the operator has set it; None where no issuer is named.

        Raises:
            SettingError: a setting is missing, or is not what it should be.
        """
        if oidc.issuer is None:
            return None
        groups = GroupTable.parse(settings.groups)
        if not groups.rows:
            raise SettingError(
                "AUGURY_OIDC_ISSUER is set, and AUGURY_GROUPS says of no group what it may: "
                "e.g. doctors=clinic:read+submit, or *=default:read for all whom the issuer knows"
            )
        require_safe(settings.browser_url, "AUGURY_PUBLIC_URL (where browsers find this service)")
        return cls(
            issuer=Issuer(oidc.issuer),
            client=Client(
                oidc.client_id,
                oidc.client_secret.get_secret_value() if oidc.client_secret else None,
                settings.browser_url + CALLBACK,
                oidc.groups_claim,
                oidc.scope,
            ),
            audience=oidc.audience,
            groups=groups,
            session_seconds=oidc.session_hours * SECONDS_PER_HOUR,
        )

    @cached_property
    def threads(self) -> anyio.CapacityLimiter:
        """For what asks the issuer. Made in the loop."""
        return anyio.CapacityLimiter(_THREADS)
