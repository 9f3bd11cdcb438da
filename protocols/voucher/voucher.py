"""Vouchers: a CWT (RFC 8392) in a COSE_Sign1 (RFC 9052) signed with Ed25519; about 141 bytes, fits a QR code.

The text form is base45 (RFC 9285) behind the prefix ``VD1:``: QR's alphanumeric mode, and a scanner that types
it survives any keyboard layout's letter case. Claims: iss 1 is left out, aud 3, exp 4, nbf 5, cti 7 (the voucher's
id), and in the private range -70001… what Voltdock adds. Verifying needs the public keys and an instant, no
network. That an id is used only once is the station's business: it commits the id before the lock opens.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocols.errors import Malformed, Refused
from protocols.values import UTC
from protocols.voucher.base45 import from_base45, to_base45

PREFIX: Final = "VD1:"
MAX_TEXT: Final = 600
_ALG_EDDSA: Final = -8  # RFC 9053 §2.2; with an Ed25519 key
_SUB, _AUD, _EXP, _NBF, _CTI = 2, 3, 4, 5, 7  # RFC 8392 §4
_MAY, _USES, _TARIFF, _VEHICLE, _HOLD, _STATUS = -70001, -70002, -70003, -70004, -70005, -70006
_MOST_STATUS: Final = 2**40
_MAY_CODES: Final = {"rent": 1, "charge": 2}
# What a decoder may raise on bytes that anybody can write: tags stand for dates, fractions, expressions and more.
_BAD_FORM: Final = (
    Malformed, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, OSError, EOFError,
    MemoryError, RecursionError, cbor2.CBORError,
)  # fmt: skip
_MAY_WORDS: Final = {code: word for word, code in _MAY_CODES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """What may be done, by whom, where, when, how often, at which price.

    `stations` empty means every station; `vehicle_id` or None for any; `tariff` is (id, version) or None for the
    station's own. `hold` is (reservation, lease): what the station keeps for its bearer; `status`
    is its number in the list of those that are revoked (see `status`).
    """

    voucher_id: uuid.UUID
    account_id: uuid.UUID
    may: tuple[str, ...]
    stations: tuple[uuid.UUID, ...]
    not_before: dt.datetime
    expires: dt.datetime
    max_uses: int = 1
    tariff: tuple[uuid.UUID, int] | None = None
    vehicle_id: uuid.UUID | None = None
    status: int | None = None
    hold: tuple[uuid.UUID, uuid.UUID] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherKey:
    """A public key that may sign vouchers between two instants."""

    kid: bytes
    public_key: bytes
    valid_from: dt.datetime
    valid_to: dt.datetime


def issue(voucher: Voucher, key: Ed25519PrivateKey, kid: bytes) -> str:
    """The voucher's text, signed. Instants are cut to seconds. Raises ValueError when it has over MAX_TEXT letters."""
    protected = cbor2.dumps({1: _ALG_EDDSA, 4: kid})
    payload = cbor2.dumps(_claims(voucher))
    signature = key.sign(_to_be_signed(protected, payload))
    message = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))
    text = PREFIX + to_base45(message)
    if len(text) > MAX_TEXT:
        raise ValueError(f"a voucher of {len(text)} characters: too many stations for one code")
    return text


def verify(
    text: str, keys: Mapping[bytes, VoucherKey], *, station_id: uuid.UUID, earliest: dt.datetime, latest: dt.datetime
) -> Voucher:
    """Check form, signature, key period, station and time; return the voucher.

    It is now between `earliest` and `latest`: refused only if certainly too early or too late.
    Raises Refused: voucher_invalid, voucher_wrong_station, voucher_not_yet, voucher_expired.
    """
    try:
        protected, payload, signature = _open(text)
        header = _mapping(protected)
        kid = header.get(4)
    except _BAD_FORM as error:
        raise Refused("voucher_invalid", why="form") from error
    key = keys.get(kid) if isinstance(kid, bytes) else None
    if key is None or header.get(1) != _ALG_EDDSA:
        raise Refused("voucher_invalid", why="unknown_key")
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, _to_be_signed(protected, payload))
    except (InvalidSignature, ValueError) as error:
        raise Refused("voucher_invalid", why="signature") from error
    try:
        voucher = _read(_mapping(payload))
    except _BAD_FORM as error:
        raise Refused("voucher_invalid", why="form") from error
    _check_period(voucher, key, earliest, latest)
    if voucher.stations and station_id not in voucher.stations:
        raise Refused("voucher_wrong_station")
    return voucher


def _check_period(voucher: Voucher, key: VoucherKey, earliest: dt.datetime, latest: dt.datetime) -> None:
    if latest < key.valid_from or earliest > key.valid_to:
        raise Refused("voucher_invalid", why="key_period")
    if latest < voucher.not_before:
        raise Refused("voucher_not_yet", not_before=voucher.not_before.isoformat())
    if earliest >= voucher.expires:
        raise Refused("voucher_expired", expired=voucher.expires.isoformat())


def _claims(voucher: Voucher) -> dict[int, Any]:
    claims: dict[int, Any] = {
        _SUB: voucher.account_id.bytes,
        _EXP: int(voucher.expires.timestamp()),
        _NBF: int(voucher.not_before.timestamp()),
        _CTI: voucher.voucher_id.bytes,
        _MAY: sum(_MAY_CODES[word] for word in voucher.may),
    }
    if voucher.stations:
        claims[_AUD] = b"".join(station.bytes for station in voucher.stations)
    if voucher.max_uses != 1:
        claims[_USES] = voucher.max_uses
    if voucher.tariff is not None:
        claims[_TARIFF] = [voucher.tariff[0].bytes, voucher.tariff[1]]
    if voucher.vehicle_id is not None:
        claims[_VEHICLE] = voucher.vehicle_id.bytes
    if voucher.status is not None:
        claims[_STATUS] = voucher.status
    if voucher.hold is not None:
        claims[_HOLD] = [one.bytes for one in voucher.hold]
    return claims


def _open(text: str) -> tuple[bytes, bytes, bytes]:
    text = text.strip("\r\n\t").upper()  # a space is a letter of base45
    if not text.startswith(PREFIX) or len(text) > MAX_TEXT:
        raise Malformed("no_voucher")
    message = cbor2.loads(from_base45(text.removeprefix(PREFIX)))
    if not isinstance(message, cbor2.CBORTag) or message.tag != 18:
        raise Malformed("no_sign1")
    protected, unprotected, payload, signature = message.value
    if not all(isinstance(part, bytes) for part in (protected, payload, signature)) or unprotected != {}:
        raise Malformed("no_sign1")
    return protected, payload, signature


def _mapping(data: bytes) -> dict[int, Any]:
    value = cbor2.loads(data)
    if not isinstance(value, dict):
        raise Malformed("no_map")
    return value


def _read(claims: dict[int, Any]) -> Voucher:
    audience = claims.get(_AUD, b"")
    tariff = claims.get(_TARIFF)
    vehicle, hold = claims.get(_VEHICLE), claims.get(_HOLD)
    max_uses = claims.get(_USES, 1)
    if not isinstance(audience, bytes) or len(audience) % 16 or not isinstance(max_uses, int) or max_uses < 1:
        raise Malformed("bad_claims")
    return Voucher(
        voucher_id=_uuid(claims[_CTI]),
        account_id=_uuid(claims[_SUB]),
        may=tuple(word for code, word in _MAY_WORDS.items() if claims[_MAY] & code),
        stations=tuple(uuid.UUID(bytes=audience[i : i + 16]) for i in range(0, len(audience), 16)),
        not_before=dt.datetime.fromtimestamp(claims[_NBF], UTC),
        expires=dt.datetime.fromtimestamp(claims[_EXP], UTC),
        max_uses=max_uses,
        tariff=None if tariff is None else (_uuid(tariff[0]), int(tariff[1])),
        vehicle_id=None if vehicle is None else _uuid(vehicle),
        hold=None if hold is None else (_uuid(hold[0]), _uuid(hold[1])),
        status=_status(claims.get(_STATUS)),
    )


def _status(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or not 0 <= value < _MOST_STATUS):
        raise Malformed("bad_claims")
    return value


def _uuid(value: object) -> uuid.UUID:
    if not isinstance(value, bytes):
        raise Malformed("bad_claims")
    return uuid.UUID(bytes=value)


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Sig_structure of RFC 9052 §4.4."""
    return cbor2.dumps(["Signature1", protected, b"", payload])
