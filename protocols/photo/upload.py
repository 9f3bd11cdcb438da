"""How pictures come to the hub: two requests beside the sync exchange, signed as it is by the station's key.

`POST /api/v1/station-photos/offers` says which pictures the station holds; the answer says which of them the hub wants
and which it has. `PUT /api/v1/station-photos/{digest}` brings one that is wanted: its bytes, no more. Both may be sent
again as often as one likes: a picture is known by its SHA-256. So their request numbers are signed but not used up: who
replays an old offer makes the hub believe for a while that newer pictures are gone, until the next one says otherwise.

The hub wants what a fact has named. What a fact has named and a whole offer does not hold is gone at the station.
"""

import hashlib
import re
from typing import Final

import msgspec

from protocols.errors import Malformed

OFFERS: Final = "/api/v1/station-photos/offers"
MOST_OFFERED: Final = 5000
MOST_OFFER_BYTES: Final = 512 * 1024
DIGEST: Final = re.compile("[0-9a-f]{64}")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """The pictures that the station holds, by their SHA-256 (hex). `whole`: these are all."""

    have: list[str]
    whole: bool = True


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Of those in the offer: which the hub wants, and which it has, so that the station may forget them.

    The rest is not named by any fact that the hub holds.
    """

    want: list[str] = []
    have: list[str] = []


_offer = msgspec.json.Decoder(Offer)
_wanted = msgspec.json.Decoder(Wanted)


def path_of(sha256: str) -> str:
    """Where this picture is brought."""
    return f"/api/v1/station-photos/{sha256}"


def digest_of(content: bytes) -> str:
    """What a picture is known by."""
    return hashlib.sha256(content).hexdigest()


def encode(message: Offer | Wanted) -> bytes:
    """The message as UTF-8 JSON."""
    return msgspec.json.encode(message)


def decode_offer(data: bytes) -> Offer:
    """Parse an offer. Raises Malformed."""
    try:
        offer = _offer.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed("bad_json_shape", str(error)) from error
    if len(offer.have) > MOST_OFFERED or not all(map(DIGEST.fullmatch, offer.have)):
        raise Malformed("bad_offer", f"{len(offer.have)} digests, or one that is none")
    return offer


def decode_wanted(data: bytes) -> Wanted:
    """Parse the answer. Raises Malformed."""
    try:
        return _wanted.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed("bad_json_shape", str(error)) from error
