"""An issuer of OpenID Connect on loopback, which takes whoever comes for the person that a test has named."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from tests.servers import free_port, running_in_thread

CLIENT_ID, SECRET, AUDIENCE = "augury-tests", "s3cret-of-the-client", "augury-api"


@dataclass
class TestIssuer:
    """What it says, and what a test can change: who logs in, and what is wrong with its answers."""

    __test__ = False

    url: str
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "u1", "email": "ada@example.com", "groups": ["lab"]})
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True))
    changes: dict[str, Any] = field(default_factory=dict)
    """Of the claims of its identity tokens."""
    groups_in_token: bool = True
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked_for_keys: int = 0
    is_away: bool = False

    def token(self, key: RSAKey | OctKey | None = None, algorithm: str = "RS256", **claims: Any) -> str:
        """A token that it has signed for a platform, unless *claims* say otherwise."""
        now = int(time.time())
        plain = {"iss": self.url, "aud": AUDIENCE, "iat": now, "exp": now + 300, **self.person, **claims}
        key = key or self.key
        header = {"alg": algorithm, "kid": key.kid}
        given = {name: value for name, value in plain.items() if value is not None}
        return jwt.encode(header, given, key, algorithms=[algorithm])

    def routes(self) -> list[Route]:
        """What it answers."""
        return [
            Route("/.well-known/openid-configuration", self._described),
            Route("/keys", self._keys),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/userinfo", self._user_info),
        ]

    async def _described(self, _request: Request) -> JSONResponse:
        ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        described = {f"{name}_endpoint": f"{self.url}/{path}" for name, path in ends.items()}
        return self._answer({"issuer": self.url, "jwks_uri": f"{self.url}/keys", **described})

    async def _keys(self, _request: Request) -> JSONResponse:
        self.asked_for_keys += 1
        other = {"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB", "kid": "for encryption"}
        return self._answer({"keys": [*KeySet([self.key]).as_dict(private=False)["keys"], other]})

    async def _authorize(self, request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.url}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    async def _token(self, request: Request) -> JSONResponse:
        form = {name: str(value) for name, value in (await request.form()).items()}
        asked = self.codes.pop(form["code"], None)
        basic = "Basic " + base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
        if asked is None or request.headers.get("Authorization") != basic:
            return JSONResponse({"error": "invalid_grant" if asked is None else "invalid_client"}, 400)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if challenge.decode() != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        left_out = {} if self.groups_in_token else {"groups": None}
        claims = {"aud": CLIENT_ID, "nonce": asked["nonce"], **left_out, **self.changes}
        tokens = {"access_token": "opaque", "token_type": "Bearer", "expires_in": 60, "id_token": self.token(**claims)}
        return self._answer(tokens)

    async def _user_info(self, request: Request) -> JSONResponse:
        assert request.headers["Authorization"] == "Bearer opaque"
        return self._answer(self.person)

    def _answer(self, value: dict[str, Any]) -> JSONResponse:
        return JSONResponse({"error": "away"}, 503) if self.is_away else JSONResponse(value)


@contextmanager
def issuing() -> Iterator[TestIssuer]:
    """An issuer that answers, for the length of the block."""
    port = free_port()
    issuer = TestIssuer(f"http://127.0.0.1:{port}")
    config = uvicorn.Config(Starlette(routes=issuer.routes()), port=port, log_level="warning", lifespan="off")
    with running_in_thread(uvicorn.Server(config)):
        yield issuer
