"""Access tokens and the file of their key."""

import base64
import hmac
import json
import uuid
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from hub.kernel.auth import AccessTokens, BadKeyFileError, Claims, load_or_create_key
from hub.kernel.belonging import HOUSE
from protocols.errors import Refused
from tests.hub.conftest import ManualClock

ADA = uuid.UUID(int=7)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_says_who_and_as_what(clock: ManualClock) -> None:
    tokens = AccessTokens.throwaway(clock)
    said = tokens.check(tokens.issue(ADA, ["b", "a"]))
    assert said == Claims(account_id=ADA, roles=frozenset({"a", "b"}), organisation_id=HOUSE)
    session_id = uuid.UUID(int=8)
    assert tokens.check(tokens.issue(ADA, [], session_id)).session_id == session_id


def test_a_token_lasts_ten_minutes(clock: ManualClock) -> None:
    tokens = AccessTokens.throwaway(clock)
    token = tokens.issue(ADA, [])
    clock.move(599)
    tokens.check(token)
    clock.move(1)
    with pytest.raises(Refused, match="token_expired"):
        tokens.check(token)


def test_a_token_of_another_hub_is_invalid(clock: ManualClock) -> None:
    other = AccessTokens.throwaway(clock).issue(ADA, ["admin"])
    with pytest.raises(Refused, match="token_invalid"):
        AccessTokens.throwaway(clock).check(other)


def test_a_token_by_another_algorithm_or_without_claims_is_invalid(clock: ManualClock) -> None:
    key = OKPKey.generate_key("Ed25519")
    tokens = AccessTokens(key, clock)
    claims = {"iss": "voltdock-hub", "sub": str(ADA), "roles": ["admin"], "exp": int(clock.now().timestamp()) + 60}
    signed = f"{_part({'alg': 'HS256'})}.{_part(claims)}"
    # The classic confusion: the public key, which everybody may know, used as an HMAC secret.
    mac = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")
    by_hmac = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    changes: list[dict[str, object]] = [{"iss": "x"}, {"sub": "x"}, {"sid": 0}, {"roles": 1}, {"exp": 1e300}]
    changed = [jwt.encode({"alg": "Ed25519"}, {**claims, **one}, key, algorithms=["Ed25519"]) for one in changes]
    for bad in (by_hmac, *changed):
        with pytest.raises(Refused, match="token_invalid"):
            tokens.check(bad)
    assert tokens.check(jwt.encode({"alg": "Ed25519"}, claims, key, algorithms=["Ed25519"])).account_id == ADA


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key.pem"
    first = load_or_create_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_key(path).as_dict(private=True) == first.as_dict(private=True)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    load_or_create_key(path)
    path.chmod(0o640)
    with pytest.raises(BadKeyFileError, match="chmod 600"):
        load_or_create_key(path)


@pytest.mark.parametrize("content", [b"", b"nonsense", OKPKey.generate_key("X25519").as_pem(private=True)])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(BadKeyFileError):
        load_or_create_key(path)
    assert path.read_bytes() == content
