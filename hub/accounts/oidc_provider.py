"""One OpenID provider as the hub calls it: its documents, its token endpoint, and what makes an ID token good.

OpenID Connect Core 1.0 §3.1.3.7 for the token, RFC 7636 for PKCE. Nothing here knows accounts.
"""

import base64
import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from hub.kernel.addresses import is_safe
from hub.kernel.clock import Clock
from protocols.errors import Refused

TIMEOUT_S: Final = 10.0
KEPT_FOR: Final = dt.timedelta(hours=1)
LEEWAY_S: Final = 60  # between the provider's clock and ours
_LONGEST: Final = 255
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+")
_MOST_BYTES: Final = 512 * 1024
_ALGORITHMS: Final = frozenset({
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
})  # fmt: skip
"""Signatures by a key pair only: `none` is no signature, and an HMAC's key would be the client's secret."""
_log = structlog.get_logger("hub.oidc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider as the settings have it."""

    name: str
    title: str
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: str = "openid email profile"
    role: str = "renter"
    organisation: str | None = None
    """Whose people it knows, by its slug; None: the house's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one log-in was asked with, and is checked against."""

    redirect_uri: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Who somebody is at the provider."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str
    locale: str


class ProviderDoor:
    """Calls one provider. Keeps its documents for an hour; reads its keys once more when it meets an unknown one."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self.provider = provider
        self._clock = clock
        self._documents: dict[str, tuple[dt.datetime, Mapping[str, Any]]] = {}

    async def address_to_ask(self, asked: Asked) -> str:
        """Where to send the browser. Raises Refused `oidc_unreachable`."""
        metadata = await self._metadata()
        return str(
            prepare_grant_uri(
                metadata["authorization_endpoint"], self.provider.client_id, "code", redirect_uri=asked.redirect_uri,
                scope=self.provider.scopes, state=asked.state, nonce=asked.nonce,
                code_challenge=create_s256_code_challenge(asked.verifier), code_challenge_method="S256",
            )
        )  # fmt: skip

    async def known_by(self, code: str, asked: Asked) -> Known:
        """Who came back with it. Raises Refused `oidc_unreachable`, `oidc_code_refused`, `oidc_token_invalid`."""
        metadata = await self._metadata()
        tokens = await self._exchange(metadata, code, asked)
        claims = await self._checked(metadata, str(tokens.get("id_token", "")), asked, tokens.get("access_token"))
        if "email" not in claims and "userinfo_endpoint" in metadata and "access_token" in tokens:
            # Core §5.4: where there is an access token, the claims of `email` and `profile` may be there only.
            claims = {**await self._userinfo(metadata, str(tokens["access_token"]), claims["sub"]), **claims}
        return _known(self.provider.issuer, claims)

    async def _metadata(self) -> Mapping[str, Any]:
        found = await self._document(f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        lacks = [
            name for name in ("authorization_endpoint", "token_endpoint", "jwks_uri") if not is_safe(found.get(name))
        ]
        if found.get("issuer") != self.provider.issuer or lacks:
            raise self._broken("its configuration is another issuer's, or lacks an address", lacks=lacks)
        return found

    async def _document(self, url: str, *, anew: bool = False) -> Mapping[str, Any]:
        now = self._clock.now()
        kept = self._documents.get(url)
        if kept is None or anew or now - kept[0] > KEPT_FOR:
            kept = self._documents[url] = (now, await self._called("GET", url))
        return kept[1]

    async def _exchange(self, metadata: Mapping[str, Any], code: str, asked: Asked) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.verifier,
        }  # fmt: skip
        headers, secret = {}, self.provider.client_secret
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret is None or "client_secret_basic" not in methods:
            form |= {"client_id": self.provider.client_id} | ({} if secret is None else {"client_secret": secret})
        else:  # RFC 6749 §2.3.1: both are form-encoded first
            pair = f"{quote(self.provider.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return await self._called("POST", metadata["token_endpoint"], data=form, headers=headers)

    async def _userinfo(self, metadata: Mapping[str, Any], access_token: str, subject: str) -> Mapping[str, Any]:
        if not is_safe(metadata["userinfo_endpoint"]):
            raise self._broken("its userinfo endpoint is no safe address")
        found = await self._called(
            "GET", metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"}
        )
        if found.get("sub") != subject:  # Core §5.3.2
            raise Refused("oidc_token_invalid", why="userinfo is about somebody else")
        return found

    async def _checked(
        self, metadata: Mapping[str, Any], token: str, asked: Asked, access_token: object
    ) -> Mapping[str, Any]:
        told = metadata.get("id_token_signing_alg_values_supported", ["RS256"])
        algorithms = sorted(_ALGORITHMS.intersection(told))
        try:
            header = jws.extract_compact(token.encode()).headers()
            claims = self._verified(token, await self._keys(metadata, header.get("kid")), algorithms)
            CodeIDToken(
                claims,
                header,
                options={
                    "iss": {"essential": True, "value": self.provider.issuer},
                    "aud": {"essential": True, "value": self.provider.client_id},
                },
                params={"nonce": asked.nonce, "client_id": self.provider.client_id, "access_token": access_token},
            ).validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"[:200]
            _log.warning("oidc_token_refused", provider=self.provider.name, reason=reason)
            raise Refused("oidc_token_invalid", why=type(error).__name__) from error
        return claims

    async def _keys(self, metadata: Mapping[str, Any], kid: str | None) -> Sequence[Key]:
        for anew in (False, True):
            known = await self._document(metadata["jwks_uri"], anew=anew)
            fitting = [one for one in known.get("keys", []) if kid is None or one.get("kid") == kid]
            if fitting:
                return [JWKRegistry.import_key(one) for one in fitting if one.get("use", "sig") == "sig"]
        raise ValueError("signed by a key that the provider does not have")

    def _verified(self, token: str, keys: Sequence[Key], algorithms: list[str]) -> dict[str, Any]:
        failure: JoseError | ValueError = ValueError("no key fits")
        for key in keys:
            try:
                return dict(jwt.decode(token, key, algorithms=algorithms).claims)
            except (JoseError, ValueError) as error:
                failure = error
        raise failure

    async def _called(self, method: str, url: str, **given: Any) -> Mapping[str, Any]:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as http,
                http.request(method, url, allow_redirects=False, **given) as answer,
            ):
                raw = await answer.content.read(_MOST_BYTES)
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._broken(f"{type(error).__name__}: {error}") from error
        if method == "POST" and 400 <= status < 500:
            _log.warning("oidc_code_refused", provider=self.provider.name, status=status, answer=raw[:200])
            raise Refused("oidc_code_refused")
        try:
            found = json.loads(raw)
        except ValueError as error:
            raise self._broken(f"{url} answers {status} and no JSON") from error
        if status != 200 or not isinstance(found, dict):
            raise self._broken(f"{url} answers {status}")
        return found

    def _broken(self, reason: str, **more: object) -> Refused:
        _log.warning("oidc_unreachable", provider=self.provider.name, reason=reason[:200], **more)
        return Refused("oidc_unreachable", provider=self.provider.name)


def _known(issuer: str, claims: Mapping[str, Any]) -> Known:
    subject, email = claims["sub"], claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST or not subject.isprintable():
        raise Refused("oidc_token_invalid", why="a subject is 255 characters at most")  # Core §2
    fits = isinstance(email, str) and len(email) < _LONGEST and _EMAIL.fullmatch(email) is not None
    return Known(
        issuer=issuer,
        subject=subject,
        email=email if fits else None,
        email_verified=claims.get("email_verified") in {True, "true"},  # Cognito's userinfo says it in words
        name="".join(one for one in str(claims.get("name") or "") if one.isprintable()),
        locale=str(claims.get("locale") or ""),
    )
