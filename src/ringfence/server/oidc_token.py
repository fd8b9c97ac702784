"""ID tokens: whether one is the issuer's, for this server, for this login, and still good.

The checks are those of OpenID Connect Core 1.0, section 3.1.3.7
(https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

import jwt

from ringfence.model.errors import RingfenceError

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
"""Signatures that are believed, whatever the issuer says it can do: no `none`, and no secret as a key."""

_LEEWAY: Final = 60
"""Seconds by which the clocks of the issuer and of this machine may differ."""


class OidcError(RingfenceError):
    """A login through the issuer didn't work. The message says why, and holds nothing secret."""


class UnknownKeyError(OidcError):
    """The token names a key that isn't among those known: the issuer may have new ones."""


def checked(token: str, keys: Sequence[jwt.PyJWK], issuer: str, client_id: str, nonce: str) -> Mapping[str, Any]:
    """The claims of an ID token.

    Raises:
        UnknownKeyError: its key isn't among ``keys``.
        OidcError: it isn't to be believed.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise OidcError("The issuer's ID token has no signature that is believed.")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(header, keys).key,
            algorithms=list(ALGORITHMS),
            audience=client_id,
            issuer=issuer,
            leeway=_LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.ExpiredSignatureError:
        raise OidcError("The issuer's ID token has expired. Is the clock right?") from None
    except jwt.InvalidAudienceError:
        raise OidcError("The issuer's ID token is for another client.") from None
    except jwt.InvalidIssuerError:
        raise OidcError("The ID token is from another issuer.") from None
    except (jwt.PyJWTError, TypeError, ValueError):
        raise OidcError("The issuer's ID token is not valid.") from None
    audience, party = claims["aud"], claims.get("azp")
    if party != client_id and (party is not None or (isinstance(audience, list) and len(audience) > 1)):
        raise OidcError("The issuer's ID token was made for another client.")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise OidcError("The issuer's ID token is from another login.")
    if not claims["sub"] or not isinstance(claims["sub"], str):
        raise OidcError("The issuer's ID token names nobody.")
    return claims


def _key(header: Mapping[str, Any], keys: Sequence[jwt.PyJWK]) -> jwt.PyJWK:
    """The key that a token names; the only one, where it names none."""
    name = header.get("kid")
    fitting = [key for key in keys if key.public_key_use in (None, "sig") and name in (None, key.key_id)]
    if len(fitting) != 1:
        raise UnknownKeyError("The issuer's ID token is signed with a key that the issuer doesn't publish.")
    return fitting[0]
