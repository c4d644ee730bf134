"""The issuer that the operator trusts. Read from ``AUGURY_OIDC_*`` variables."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class OidcSettings(BaseSettings):
    """Who knows people and platforms, and what this service is to it. Nobody, unless an issuer is named."""

    model_config = SettingsConfigDict(env_prefix="AUGURY_OIDC_", extra="ignore")

    issuer: str | None = Field(None, description="URL of the issuer of OpenID Connect, as its tokens have it in `iss`.")
    client_id: str = Field("augury", description="The name that the issuer knows this service by.")
    client_secret: SecretStr | None = Field(None, description="Its secret there; none: a public client, with PKCE.")
    audience: str | None = Field(
        None, description="What `aud` of a platform's bearer token has to contain; none: such tokens are refused."
    )
    groups_claim: str = Field("groups", description="The claim with the groups, e.g. realm_access.roles.")
    scope: str = Field("", description="Asked of the issuer besides: openid profile email.")
    session_hours: float = Field(12.0, gt=0, le=720, description="How long a login in a browser lasts.")
