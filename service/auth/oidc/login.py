"""Logging in by a browser: the authorization code flow with PKCE (OpenID Connect Core, section 3.1; RFC 7636)."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client

from service.auth.oidc.issuer import Issuer, IssuerAwayError, fetched
from service.auth.oidc.tokens import TokenError, believed, groups_of, subject_of

LOGIN_SECONDS = 600
"""How long somebody may take at the issuer's page."""
MAX_COOKIE_CHARS = 3_000
_RANDOM_BYTES = 32
_SCOPE = "openid profile email"


class LoginError(ValueError):
    """A login did not come to its end; the text says why, without secrets."""


@dataclass(frozen=True)
class Client:
    """What this service is to the issuer.

    Attributes:
        client_id: the name that the issuer knows it by.
        secret: its password there; None for a public client, whom PKCE alone protects.
        redirect_uri: where the issuer sends browsers back to.
        groups_claim: where its tokens have the groups.
        more_scopes: asked for besides ``openid profile email``; some issuers give groups only then.
    """

    client_id: str
    secret: str | None
    redirect_uri: str
    groups_claim: str
    more_scopes: str = ""


@dataclass(frozen=True)
class Begun:
    """What the browser keeps while it is at the issuer's, in a cookie that no script reads."""

    state: str
    nonce: str
    verifier: str
    next_path: str
    at: float

    @classmethod
    def anew(cls, next_path: str) -> Begun:
        """With fresh secrets; afterwards the browser goes to *next_path* of this service."""
        state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
        return cls(state, nonce, verifier, next_path, time.time())

    def as_cookie(self) -> str:
        """As text."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def of_cookie(cls, text: str) -> Begun:
        """The reverse.

        Raises:
            LoginError: it is none, or it is old.
        """
        try:
            begun = cls(**json.loads(base64.urlsafe_b64decode(text[:MAX_COOKIE_CHARS])))
            age = time.time() - begun.at
            texts = (begun.state, begun.nonce, begun.verifier, begun.next_path)
            if not all(isinstance(each, str) and each for each in texts):
                raise TypeError("something is missing")
        except (ValueError, TypeError, binascii.Error) as error:
            raise LoginError("this browser has begun no login here; begin again at /login") from error
        if not 0 <= age <= LOGIN_SECONDS:
            raise LoginError("the login took too long; begin again at /login")
        return begun


@dataclass(frozen=True)
class Person:
    """Who has logged in, and in which of the issuer's groups they are."""

    subject: str
    groups: list[str]


def address(begun: Begun, client: Client, issuer: Issuer) -> str:
    """Where the browser is to go.

    Raises:
        IssuerAwayError: the issuer does not say.
    """
    with _oauth(client) as oauth:
        url, _ = oauth.create_authorization_url(
            issuer.endpoint("authorization_endpoint"),
            state=begun.state,
            code_verifier=begun.verifier,
            nonce=begun.nonce,
        )
        return str(url)


def finish(query: Mapping[str, str], begun: Begun, client: Client, issuer: Issuer) -> Person:
    """Who has come back from the issuer with this *query*.

    Raises:
        LoginError: it is not the answer to what this browser has begun, or the issuer refused.
        IssuerAwayError: the issuer does not answer.
    """
    if not hmac.compare_digest(query.get("state", "").encode(), begun.state.encode()):
        raise LoginError("the answer is to another login; begin again at /login")
    if query.get("iss", issuer.url) != issuer.url:  # RFC 9207
        raise LoginError("the answer is another issuer's")
    if "code" not in query:
        raise LoginError(f"the issuer refused: {_printable(query.get('error', 'without a reason'))}")
    tokens = _exchanged(query["code"], begun, client, issuer)
    try:
        claims = believed(str(tokens.get("id_token")), issuer, client.client_id, nonce=begun.nonce)
    except TokenError as error:
        raise LoginError(str(error)) from error
    groups = groups_of(claims, client.groups_claim)
    if groups is None:
        groups = groups_of(_user_info(tokens, claims, issuer), client.groups_claim)
    return Person(subject_of(claims), groups or [])


def _exchanged(code: str, begun: Begun, client: Client, issuer: Issuer) -> dict[str, Any]:
    try:
        with _oauth(client) as oauth:
            return dict(
                oauth.fetch_token(
                    issuer.endpoint("token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.verifier,
                )
            )
    except AuthlibBaseError as error:
        raise LoginError(f"the issuer did not take its own code back: {_printable(error.error or '')}") from error
    except (httpx2.HTTPError, ValueError) as error:
        raise IssuerAwayError(f"{issuer.url} gives no tokens: {type(error).__name__}") from error


def _user_info(tokens: Mapping[str, Any], claims: Mapping[str, Any], issuer: Issuer) -> dict[str, Any]:
    """More about who the *claims* are about; what is about another one is not believed (Core, section 5.3.2)."""
    url = issuer.optional_endpoint("userinfo_endpoint")
    if url is None:
        return {}
    told = fetched(url, str(tokens.get("access_token")))
    return told if told.get("sub") == claims["sub"] else {}


def _oauth(client: Client) -> OAuth2Client:
    return OAuth2Client(
        client.client_id,
        client.secret,
        scope=f"{_SCOPE} {client.more_scopes}".strip(),
        redirect_uri=client.redirect_uri,
        token_endpoint_auth_method="client_secret_basic" if client.secret else "none",
        code_challenge_method="S256",
        timeout=5.0,
    )


def _printable(text: str) -> str:
    return "".join(character for character in text[:100] if character.isprintable())


def is_own_path(path: str) -> bool:
    r"""Whether a browser stays here: ``//host`` and ``/\host`` lead elsewhere."""
    return path.startswith("/") and path[1:2] not in {"/", "\\"} and path.isprintable()
