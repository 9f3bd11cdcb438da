"""Who a station's request is from: signature and request number, checked against the key of its enrolment."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake import ledger
from hub.intake.tables import StationKey
from hub.kernel.db import Database
from hub.kernel.sqlite import Ran
from hub.kernel.statements import Statement, run
from protocols.errors import Refused
from protocols.sync import signing
from protocols.values import rfc3339

_HEADERS = ("Content-Digest", "Signature-Input", "Signature")
_MAX_NUMBER = 2**63 - 1


class NumberTooLow(Exception):
    """The request's number was taken before: a replay, or a station that was set back. Nothing was changed."""

    def __init__(self, epoch_floor: int) -> None:
        super().__init__(epoch_floor)
        self.epoch_floor = epoch_floor


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A request whose signature fits this key."""

    station_id: uuid.UUID
    number: int
    key: bytes


class Signatures:
    """Checks signatures with the keys it remembers. `take` proves each time that the key is still the station's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: dict[uuid.UUID, bytes] = {}

    async def verify(self, request: web.Request, body: bytes) -> Verified:
        """Whose request it is. Raises Malformed, Refused `not_enrolled`, `bad_signature` or `station_revoked`."""
        return await self.verify_signed(request.headers, request.method, request.path, body)

    async def verify_signed(self, given: Mapping[str, str], method: str, path: str, body: bytes) -> Verified:
        """The same for a message that did not come over HTTP; `given` may hold other headers too."""
        headers = {name: given[name] for name in _HEADERS if name in given}
        station_id = signing.claimed(headers.get("Signature-Input")).station_id
        key = self._keys.get(station_id)
        if key is not None:
            try:
                return _verified(key, headers, method, path, body)
            except Refused:
                self._keys.pop(station_id, None)  # enrolled again meanwhile?
        row = await self._load(station_id)
        verified = _verified(row.public_key, headers, method, path, body)
        check_not_revoked(row)  # only who holds the key is told of it
        self._keys[station_id] = row.public_key
        return verified

    def forget(self, station_id: uuid.UUID) -> None:
        """Ask the database for this station's key the next time."""
        self._keys.pop(station_id, None)

    async def check(self, session: AsyncSession, signed: Verified) -> None:
        """For what uses up no number. Raises Refused `bad_signature` when the key is not good any more."""
        if not await ledger.is_good_key(session, signed.station_id, signed.key):
            self.forget(signed.station_id)
            raise Refused("bad_signature", why="key_changed")

    async def take(self, session: AsyncSession, signed: Verified, channel: str, *also: Statement) -> list[Ran]:
        """Use up the request's number, in the transaction of what it asks for; what `also`, run with it, found.

        Raises NumberTooLow, or Refused `bad_signature` or `station_revoked` when the key was changed since `verify`.
        """
        number = ledger.take_number(signed.station_id, signed.key, channel, signed.number)
        taken, *found = await run(session, number, *also)
        if taken.touched == 1:
            return found
        self._keys.pop(signed.station_id, None)
        row = await ledger.station_key(session, signed.station_id)
        if row is None or row.public_key != signed.key:
            raise Refused("bad_signature", why="key_changed")
        check_not_revoked(row)
        last = row.sync_number if channel == "sync" else row.live_number
        raise NumberTooLow((last >> 32) + 1)

    async def _load(self, station_id: uuid.UUID) -> StationKey:
        async with self._database.reading() as session:
            row = await ledger.station_key(session, station_id)
        if row is None:
            raise Refused("not_enrolled")
        return row


def check_not_revoked(row: StationKey) -> None:
    """Raises Refused `station_revoked`: nothing that this key signs is taken, until the station is enrolled anew."""
    if row.revoked_at is not None:
        raise Refused("station_revoked", since=rfc3339(row.revoked_at))


def _verified(key: bytes, headers: dict[str, str], method: str, path: str, body: bytes) -> Verified:
    signed = signing.verify(key, headers, method, path, body)
    if signed.number > _MAX_NUMBER:
        raise Refused("bad_signature", why="number")
    return Verified(station_id=signed.station_id, number=signed.number, key=key)
