"""A small issuer of OpenID Connect that can be made to lie, over real HTTP on loopback."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "ringfence", "s3cret"


@dataclass
class Issuer:
    """What it says, and what it was asked. ``claims`` and ``metadata`` are laid over what is right."""

    url: str
    key: Any = field(default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))
    published: list[dict[str, Any]] = field(default_factory=list)
    algorithm: str = "RS256"
    kid: str | None = "1"
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    token: str | None = None
    tokens_status: int = 200
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    authorizations: list[str] = field(default_factory=list)
    keys_asked: int = 0

    def publish(self, kid: str = "1") -> None:
        """Makes a new key known."""
        self.key, self.kid = rsa.generate_private_key(public_exponent=65537, key_size=2048), kid
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        self.published = [{**public, "kid": kid, "use": "sig"}]

    def described(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
            **self.metadata,
        }

    def id_token(self, asked: dict[str, str]) -> str:
        """The ID token for a login."""
        if self.token is not None:
            return self.token
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "248289761001",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "preferred_username": "ada",
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        headers = {"kid": self.kid} if self.kid is not None else None
        key = "" if self.algorithm == "none" else self.key
        # The layer below jwt.encode, which refuses to say what no honest issuer says.
        return jwt.PyJWS(["RS256", "none"]).encode(json.dumps(claims).encode(), key, self.algorithm, headers)


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer that tells the truth, until it is changed."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_address[1]}")
        issuer.publish()
        server.issuer = issuer  # type: ignore[attr-defined]  # what its handlers answer from
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield issuer
        server.shutdown()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    @property
    def issuer(self) -> Issuer:
        found = self.server.issuer  # type: ignore[attr-defined]  # see above
        assert isinstance(found, Issuer)
        return found

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            code = f"code-{len(self.issuer.asked)}"
            self.issuer.asked[code] = asked
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            )
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif parts.path == "/keys":
            self.issuer.keys_asked += 1
            self._json(200, {"keys": self.issuer.published})
        else:
            self._json(200, self.issuer.described())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.issuer.asked.pop(form.get("code", ""), None)
        self.issuer.authorizations.append(self.headers.get("authorization", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            self._json(400, {"error": "invalid_grant"})
            return
        fields = {"access_token": "opaque", "token_type": "Bearer", "id_token": self.issuer.id_token(asked)}
        self._json(self.issuer.tokens_status, fields)

    def _json(self, status: int, fields: dict[str, Any]) -> None:
        body = json.dumps(fields).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
