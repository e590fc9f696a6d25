"""A small OpenID provider that says where it likes what it knows of its one user: in the ID token or at UserInfo.

    python -m tests.servers.openid --port 9200 --told userinfo

It asks nobody: whoever comes to its authorize page is sent back signed in. PKCE and nonce are honoured.
"""

import argparse
import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.servers import LocalServer, stay

ANN = {"sub": "ann", "email": "ann@example.com", "email_verified": True, "name": "Ann Example"}
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


@dataclass(eq=False)
class OpenIDProvider(LocalServer):
    """`told`: where the claims are. With `userinfo` the ID token holds only `sub`, which is the standard's normal case.

    `other` replaces claims at UserInfo; `userinfo_status` is what that endpoint answers; None: there is none.
    """

    told: Literal["id_token", "userinfo"] = "userinfo"
    port: int = 0
    user: dict[str, Any] = field(default_factory=lambda: dict(ANN))
    other: dict[str, Any] = field(default_factory=dict)
    in_token: dict[str, Any] = field(default_factory=dict)
    userinfo_status: int | None = 200

    def __post_init__(self) -> None:
        LocalServer.__init__(self, self.port)
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.asked_userinfo = 0

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/jwks", self._jwks),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def _metadata(self, _request: Request) -> Response:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        if self.userinfo_status is not None:
            paths["userinfo_endpoint"] = "userinfo"
        told = {"issuer": self.root, "id_token_signing_alg_values_supported": ["RS256"]}
        return JSONResponse(told | {name: f"{self.root}/{path}" for name, path in paths.items()})

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        query, code = dict(request.query_params), secrets.token_urlsafe(16)
        self.codes[code] = query
        return RedirectResponse(f"{query['redirect_uri']}?code={code}&state={query['state']}", 302)

    async def _token(self, request: Request) -> Response:
        async with request.form() as form:
            asked = self.codes.pop(str(form["code"]))
            digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims: dict[str, Any] = {
            "iss": self.root,
            "aud": asked["client_id"],
            "iat": int(time.time()),
            "exp": int(time.time()) + 300,
            "nonce": asked["nonce"],
            **(self.user if self.told == "id_token" else {"sub": self.user["sub"]}),
            **self.in_token,
        }
        access = secrets.token_urlsafe(16)
        self.tokens.add(access)
        id_token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY)
        return JSONResponse({"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id_token})

    async def _userinfo(self, request: Request) -> Response:
        self.asked_userinfo += 1
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse(self.user | self.other, self.userinfo_status or 404)


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--told", choices=["id_token", "userinfo"], default="userinfo")
    given = parser.parse_args()
    server = OpenIDProvider(given.told, given.port).start()
    stay(server, f"{server.root} is an OpenID provider")


if __name__ == "__main__":
    main()
