"""Who is calling: the principal, and the access tokens (JWT, Ed25519, ten minutes) that carry it.

What a role may do is a domain's business; the kernel is handed the answer.
"""

import datetime as dt
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from hub.kernel.belonging import HOUSE
from hub.kernel.clock import Clock
from protocols.errors import Refused

LIFETIME_S = 600
_SKEW_S = 60  # between the clocks of two hub processes
KEY_MARK = "vd_"
"""How an API key begins, so that people and leak scanners know one when they see it."""
_ALGORITHM = "Ed25519"  # RFC 9864; "EdDSA" is its deprecated name
_ISSUER = "voltdock-hub"
_MOST_SEEN = 4096  # tokens, of half a kilobyte; each lives for ten minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Everything that somebody may, and what of it only at some stations."""

    permissions: frozenset[str]
    limits: Mapping[str, frozenset[uuid.UUID]] = field(default_factory=dict)


RightsOf = Callable[[Iterable[str], uuid.UUID], Rights]
"""What roles permit together in an organisation, each as in the account (`renter`, `station_staff@<station>`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller: an account with its roles and everything that they permit, e.g. `rentals:read`.

    `session_id` is the log-in that the call belongs to; None for a caller that has not signed in. `limits`: permissions
    that hold at these stations only. `key_id`: a machine calls, with an API key that the account made for it. Nothing
    of another organisation than `organisation_id` is there for it.
    """

    account_id: uuid.UUID
    roles: frozenset[str]
    permissions: frozenset[str]
    session_id: uuid.UUID | None = None
    limits: Mapping[str, frozenset[uuid.UUID]] = field(default_factory=dict)
    key_id: uuid.UUID | None = None
    organisation_id: uuid.UUID = HOUSE

    @property
    def actor_id(self) -> uuid.UUID:
        """Who acts: the key where there is one, else the account."""
        return self.key_id or self.account_id

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def stations_for(self, permission: str) -> frozenset[uuid.UUID] | None:
        """Where the permission holds; None for everywhere."""
        return self.limits.get(permission)


class Authenticate(Protocol):
    """Finds out who is calling."""

    async def __call__(self, request: web.Request, /) -> Principal | None:
        """None for nobody; raises Refused `token_invalid` or `token_expired` for a bad proof."""


class Keys(Protocol):
    """Knows API keys. Filled by the wiring."""

    async def principal_of(self, key: str, request: web.Request, /) -> Principal:
        """Who comes with this key; raises Refused `token_invalid` or `token_expired`, or a 429."""


class BadKeyFileError(Exception):
    """A key file that is not a key, or that others can read: a configuration error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an access token says of its bearer."""

    account_id: uuid.UUID
    roles: frozenset[str]
    organisation_id: uuid.UUID
    session_id: uuid.UUID | None = None


class AccessTokens:
    """Issues and checks access tokens. A revoked account keeps its last one for at most ten minutes."""

    def __init__(self, key: OKPKey, clock: Clock, *, lifetime_s: int = LIFETIME_S) -> None:
        self._key = key
        self._clock = clock
        self.lifetime_s = lifetime_s
        self._seen: dict[str, tuple[Claims, dt.datetime]] = {}  # what a token says never changes, but for its end

    @classmethod
    def throwaway(cls, clock: Clock) -> "AccessTokens":
        """Tokens under a key that nobody keeps, for what only needs the shape of a hub."""
        return cls(OKPKey.generate_key("Ed25519"), clock)

    def issue(
        self,
        account_id: uuid.UUID,
        roles: Iterable[str],
        session_id: uuid.UUID | None = None,
        organisation_id: uuid.UUID = HOUSE,
    ) -> str:
        """A token for this account, good for `lifetime_s` seconds."""
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": _ISSUER,
            "sub": str(account_id),
            "roles": sorted(roles),
            "org": str(organisation_id),
            "iat": now,
            "exp": now + self.lifetime_s,
            "jti": str(self._clock.new_id()),
            **({} if session_id is None else {"sid": str(session_id)}),
        }
        return jwt.encode({"alg": _ALGORITHM, "typ": "at+jwt"}, claims, self._key, algorithms=[_ALGORITHM])

    def check(self, token: str) -> "Claims":
        """What a token says. Raises Refused `token_invalid` or `token_expired`."""
        found = self._seen.get(token)
        if found is None:
            found = self._seen[token] = self._read(token)
            if len(self._seen) > _MOST_SEEN:
                del self._seen[next(iter(self._seen))]
        said, expires_at = found
        left_s = (expires_at - self._clock.now()).total_seconds()
        # One that ends later than any may was made under a clock that was ahead: it is not good for years.
        if not 0 < left_s <= self.lifetime_s + _SKEW_S:
            raise Refused("token_expired")
        return said

    def _read(self, token: str) -> "tuple[Claims, dt.datetime]":
        """What a signed token says, and when it ends: most of a request's first half millisecond."""
        try:
            claims: dict[str, Any] = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
            if claims["iss"] != _ISSUER:
                raise Refused("token_invalid")
            expires_at = dt.datetime.fromtimestamp(claims["exp"], dt.UTC)
            said = Claims(
                account_id=uuid.UUID(str(claims["sub"])),
                roles=frozenset(map(str, claims["roles"])),
                # A hub of before there were organisations says none, and knows the house's accounts only.
                organisation_id=uuid.UUID(str(claims["org"])) if "org" in claims else HOUSE,
                session_id=uuid.UUID(str(claims["sid"])) if "sid" in claims else None,
            )
        except (JoseError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise Refused("token_invalid") from error
        return said, expires_at


class BearerAuth:
    """`Authenticate` by `Authorization: Bearer <access token or API key>`."""

    def __init__(self, tokens: AccessTokens, rights_of: RightsOf, keys: Keys | None = None) -> None:
        self._tokens = tokens
        self._keys = keys
        self._rights_of = rights_of

    async def __call__(self, request: web.Request, /) -> Principal | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Refused("token_invalid")
        token = token.strip()
        if self._keys is not None and token.startswith(KEY_MARK):
            return await self._keys.principal_of(token, request)
        said = self._tokens.check(token)
        rights = self._rights_of(said.roles, said.organisation_id)
        return Principal(
            account_id=said.account_id,
            roles=said.roles,
            permissions=rights.permissions,
            limits=rights.limits,
            session_id=said.session_id,
            organisation_id=said.organisation_id,
        )


def load_or_create_key(path: Path) -> OKPKey:
    """The Ed25519 signing key of this hub, made at the first start and readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _load_key(path)
    key = OKPKey.generate_key("Ed25519")
    with os.fdopen(handle, "wb") as file:
        file.write(key.as_pem(private=True))
        file.flush()
        os.fsync(file.fileno())
    return key


def signing_key(key: OKPKey) -> Ed25519PrivateKey:
    """The same key for signatures that are no tokens."""
    raw = load_pem_private_key(key.as_pem(private=True), None)
    if not isinstance(raw, Ed25519PrivateKey):
        raise TypeError("not an Ed25519 key")
    return raw


def _load_key(path: Path) -> OKPKey:
    if path.stat().st_mode & 0o077:
        raise BadKeyFileError(f"{path}: others can read this key; run: chmod 600 {path}")
    try:
        key = OKPKey.import_key(path.read_bytes())
    except (JoseError, ValueError) as error:
        raise BadKeyFileError(f"{path}: not an Ed25519 key in PEM form") from error
    if key.curve_name != "Ed25519" or not key.is_private:
        raise BadKeyFileError(f"{path}: not a private Ed25519 key")
    return key
