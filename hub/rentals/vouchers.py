"""Vouchers and cards: rights that stations check without the hub."""

import datetime as dt
import hashlib
import uuid
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.problem import invalid
from hub.kernel.steady_clock import certain
from hub.rentals import repository
from hub.rentals.leases import Lists, voucher_id_of
from hub.rentals.schemas import NewCard, NewVoucher
from hub.rentals.tables import Card, Reservation, VoucherKeyRow, VoucherRow
from protocols.errors import Refused
from protocols.sync.changes import CardItem, DenialItem, StatusItem, VoucherKeyItem
from protocols.values import to_ms
from protocols.voucher.status import CHUNK, packed, place_of
from protocols.voucher.voucher import Voucher, issue

KEY_LIFETIME: Final = dt.timedelta(days=730)
SLOW_CLOCKS: Final = dt.timedelta(hours=1)  # a station whose clock is behind must take the first voucher too
LONGEST: Final = dt.timedelta(days=90)
UNCERTAINTY: Final = dt.timedelta(days=2)  # as long as stations remember a used voucher after its end
FORGET_WITHIN: Final = dt.timedelta(days=7)  # a hub that was off for longer leaves some on the list: harmless
MOST_IDS: Final = 1000  # revoked vouchers that are named by their ids too


class Vouchers:
    """Issues vouchers with one key, tells the stations its public half and what is revoked."""

    def __init__(self, clock: Clock, lists: Lists, key: Ed25519PrivateKey) -> None:
        self._clock = clock
        self._lists = lists
        self._key = key
        self._public = key.public_key().public_bytes_raw()
        self._kid = hashlib.sha256(self._public).digest()[:4]

    async def publish_key(self, session: AsyncSession) -> VoucherKeyRow:
        """Tell all stations the key, the first time it is used, and that it goes on before it ends.

        Telling all holds every station's feed: where they have been told already, nobody waits for it.
        """
        row = await repository.voucher_key(session, self._kid.hex())
        now = self._clock.now()
        if row is None:
            row = VoucherKeyRow(
                kid=self._kid.hex(), public_key=self._public.hex(), valid_from=now - SLOW_CLOCKS,
                valid_to=now + KEY_LIFETIME,
            )  # fmt: skip
            session.add(row)
        elif row.valid_to - now < KEY_LIFETIME / 2:
            row.valid_to = now + KEY_LIFETIME
        else:
            return row
        await session.flush()
        item = VoucherKeyItem(
            key=row.kid,
            public_key=row.public_key,
            valid_from_ms=to_ms(row.valid_from),
            valid_to_ms=to_ms(row.valid_to),
        )
        await self._lists.put(session, "voucher_keys", [item])
        return row

    async def issue(self, session: AsyncSession, new: NewVoucher) -> tuple[VoucherRow, str]:
        """A signed voucher and its text. Raises a 422 for a period that cannot be."""
        key = await self.publish_key(session)
        not_before = (new.not_before or self._clock.now()).replace(microsecond=0)
        expires = new.expires.replace(microsecond=0)
        if expires <= not_before or expires <= self._clock.now():
            raise invalid("/expires", "must be in the future and after not_before")
        if expires - not_before > LONGEST or expires > key.valid_to:
            raise invalid("/expires", f"at most {LONGEST.days} days, and within the key's period")
        row = VoucherRow(
            id=self._clock.new_id(),
            created_at=self._clock.now(),
            account_id=new.account_id,
            may=sorted(set(new.may)),
            stations=[str(one) for one in new.stations],
            not_before=not_before,
            expires=expires,
            max_uses=new.max_uses,
            vehicle_id=new.vehicle_id,
            kid=key.kid,
            revoked_at=None,
            status=await repository.next_status(session),
        )
        session.add(row)
        await session.flush()
        return row, self._signed(row)

    async def for_booking(self, session: AsyncSession, booking: Reservation, margin_s: float) -> str | None:
        """The text of the one voucher that fetches this booking at its station, line or no line.

        None while nothing is kept for it, or where its time is longer than a voucher's. One booking, one text.
        """
        margin = dt.timedelta(seconds=margin_s)
        starts, ends = booking.from_at.replace(microsecond=0) - margin, booking.until_at.replace(microsecond=0) + margin
        if booking.state != "confirmed" or booking.lease_id is None or ends - starts > LONGEST:
            return None
        key = await self.publish_key(session)
        if ends > key.valid_to:
            return None
        row = await repository.voucher(session, voucher_id_of(booking.id))
        if row is None:
            row = VoucherRow(
                id=voucher_id_of(booking.id), created_at=self._clock.now(), account_id=booking.account_id, may=["rent"],
                stations=[str(booking.station_id)], not_before=starts, expires=ends, max_uses=1,
                vehicle_id=None, kid=key.kid, revoked_at=None,
            )  # fmt: skip
            session.add(row)
            await session.flush()
        elif row.expires < ends:  # it was extended
            row.expires = ends
            await session.flush()
        return self._signed(row, (booking.id, booking.lease_id))

    async def revoke(self, session: AsyncSession, voucher_id: uuid.UUID) -> VoucherRow:
        """No station takes it any more, once it has heard of it. Raises Refused `not_found`."""
        row = await repository.voucher(session, voucher_id)
        if row is None:
            raise Refused("not_found")
        if row.revoked_at is None:
            row.revoked_at = self._clock.now()
            await session.flush()
            await self._deny(session, row)
        return row

    async def _deny(self, session: AsyncSession, row: VoucherRow) -> None:
        """By its bit; and by its id while few are revoked, for stations that do not know the bits yet."""
        if row.status is None or await repository.count_denied(session, self._since()) <= MOST_IDS:
            await self._lists.put(session, "voucher_denials", [DenialItem(key=str(row.id))])
        if row.status is not None:
            await self._publish_chunk(session, place_of(row.status)[0])

    async def _publish_chunk(self, session: AsyncSession, chunk: int) -> None:
        numbers = await repository.denied_numbers(session, chunk * CHUNK, (chunk + 1) * CHUNK, self._since())
        if numbers:
            bits = packed(place_of(number)[1] for number in numbers)
            await self._lists.put(session, "voucher_status", [StatusItem(key=str(chunk), bits=bits)])
        else:
            await self._lists.withdraw(session, "voucher_status", [str(chunk)])

    async def forget_expired(self, session: AsyncSession, now: dt.datetime) -> None:
        """Take those off the lists that no station would take anyhow, however wrong its clock."""
        since = now - UNCERTAINTY
        over = await repository.denied_between(session, since - FORGET_WITHIN, since)
        if over:
            await self._lists.withdraw(session, "voucher_denials", [str(row.id) for row in over])
            for chunk in sorted({place_of(row.status)[0] for row in over if row.status is not None}):
                await self._publish_chunk(session, chunk)

    def _since(self) -> dt.datetime:
        """Vouchers that expired before this are refused by every clock that a station may have."""
        return certain(self._clock).now() - UNCERTAINTY

    def _signed(self, row: VoucherRow, hold: tuple[uuid.UUID, uuid.UUID] | None = None) -> str:
        voucher = Voucher(
            voucher_id=row.id,
            account_id=row.account_id,
            may=tuple(row.may),
            stations=tuple(uuid.UUID(one) for one in row.stations),
            not_before=row.not_before,
            expires=row.expires,
            max_uses=row.max_uses,
            vehicle_id=row.vehicle_id,
            hold=hold,
            status=row.status,
        )
        try:
            return issue(voucher, self._key, self._kid)
        except ValueError as error:
            raise invalid("/stations", "too many for one code") from error


class Cards:
    """Cards and tags, told to all stations."""

    def __init__(self, clock: Clock, lists: Lists) -> None:
        self._clock = clock
        self._lists = lists

    async def add(self, session: AsyncSession, new: NewCard) -> Card:
        """A new card. Raises Refused `card_exists`."""
        uid = new.uid.upper()
        if await repository.card_by_uid(session, uid) is not None:
            raise Refused("card_exists", uid=uid)
        card = Card(
            id=self._clock.new_id(),
            created_at=self._clock.now(),
            uid=uid,
            account_id=new.account_id,
            may=sorted(set(new.may)),
            valid_to=new.valid_to,
            blocked=False,
            version=1,
        )
        session.add(card)
        await session.flush()
        await self._publish(session, card)
        return card

    async def block(self, session: AsyncSession, card_id: uuid.UUID, *, blocked: bool) -> Card:
        """Block it, or allow it again. Raises Refused `not_found`."""
        card = await repository.card(session, card_id)
        if card is None:
            raise Refused("not_found")
        card.blocked = blocked
        card.version += 1
        await session.flush()
        await self._publish(session, card)
        return card

    async def _publish(self, session: AsyncSession, card: Card) -> None:
        item = CardItem(
            key=card.uid,
            account_id=card.account_id,
            may=list(card.may),
            valid_to_ms=None if card.valid_to is None else to_ms(card.valid_to),
            blocked=card.blocked,
        )
        await self._lists.put(session, "cards", [item])
