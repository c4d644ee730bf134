"""Tokens that an issuer has signed: what they claim, once the signature and the claims have been looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from service.auth.members import MAX_GROUPS
from service.auth.oidc.issuer import Issuer

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
"""With a public key only: a token that is signed with the shared secret, or not at all, is none (RFC 8725)."""
MAX_TOKEN_CHARS = 16_384
_LEEWAY_SECONDS = 60
_MAX_SUBJECT_CHARS = 255


class TokenError(ValueError):
    """A token is not to be believed; the text says why, without anything of the token."""


def looks_like_one(text: str) -> bool:
    """Whether this could be a signed token at all (RFC 7515, section 7.1), rather than a key."""
    return text.count(".") == 2 and len(text) <= MAX_TOKEN_CHARS


def believed(text: str, issuer: Issuer, audience: str, *, nonce: str | None = None) -> dict[str, Any]:
    """The claims of a token that this issuer has signed for this *audience*, and that has not ended.

    Args:
        text: the token as it was sent.
        issuer: who has to have signed it.
        audience: what has to be in ``aud``.
        nonce: what has to be in ``nonce``, of a token that answers to a login.

    Raises:
        TokenError: it is something else.
        IssuerAwayError: the issuer does not say what its keys are.
    """
    keys = issuer.keys(_key_id(text))
    try:
        claims = _signed_claims(text, keys)
        expected: dict[str, Any] = {
            "iss": {"essential": True, "value": issuer.url},
            "aud": {"essential": True, "value": audience},
            "exp": {"essential": True},
            "sub": {"essential": True},
        }
        if nonce is not None:
            expected["nonce"] = {"essential": True, "value": nonce}
        jwt.JWTClaimsRegistry(leeway=_LEEWAY_SECONDS, **expected).validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenError(f"the token is not valid: {_reason(error)}") from error
    parties = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if nonce is not None and len(parties) > 1 and claims.get("azp") != audience:
        raise TokenError("the token is not valid: it was made for another party (azp)")
    return claims


def subject_of(claims: Mapping[str, Any]) -> str:
    """Who a token is about: readable where the issuer says so, for lists and logs; printable and bounded."""
    shown = next((claims[name] for name in ("email", "preferred_username") if isinstance(claims.get(name), str)), "")
    text = "".join(character for character in shown or str(claims["sub"]) if character.isprintable())
    return text[:_MAX_SUBJECT_CHARS]


def groups_of(claims: Mapping[str, Any], path: str) -> list[str] | None:
    """The groups under a claim, e.g. ``groups`` or ``realm_access.roles``; None where the token does not say."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, str):
        found = [found]
    return None if not isinstance(found, list) else [each for each in found if isinstance(each, str)][:MAX_GROUPS]


def _signed_claims(text: str, keys: KeySet) -> dict[str, Any]:
    return dict(jwt.decode(text, keys, algorithms=ALGORITHMS).claims)


def _key_id(text: str) -> str | None:
    try:
        header = jws.extract_compact(text.encode()).headers()
    except (JoseError, ValueError) as error:
        raise TokenError("the token is not valid: it cannot be read") from error
    found = header.get("kid")
    return found if isinstance(found, str) else None


def _reason(error: Exception) -> str:
    return str(getattr(error, "description", "") or getattr(error, "error", "") or type(error).__name__)
