"""`/api/v1/reservations`. Who may not read all sees his own."""

import datetime as dt
import uuid
from typing import Any

from hub.kernel.auth import Principal
from hub.kernel.pages import Page
from hub.kernel.routes import SIGNED_IN, Call, route
from hub.kernel.shapes import MoneyShape
from hub.rentals import lease_repository, repository
from hub.rentals.api import may_see, whose
from hub.rentals.booking import Booking
from hub.rentals.leases import Leases
from hub.rentals.moves import Moves
from hub.rentals.pins import Secret
from hub.rentals.schemas import (
    Alternative,
    Extension,
    NewReservation,
    ReservationConfirmed,
    ReservationMade,
    ReservationQuery,
    ReservationSeen,
    ReservationShape,
    ReservationVoucher,
)
from hub.rentals.tables import Reservation
from hub.rentals.vouchers import Vouchers
from protocols.errors import Refused

_UNPROMISED = {"held", "requested", "refused", "expired", "broken"}
_MOST_ALTERNATIVES = 10


class ReservationsApi:
    """Reservations."""

    def __init__(self, booking: Booking, leases: Leases, moves: Moves, vouchers: Vouchers) -> None:
        self._booking = booking
        self._leases = leases
        self._moves = moves
        self._vouchers = vouchers

    @route(
        "GET", "/api/v1/reservations", summary="List reservations", tags=["rentals"],
        permission=SIGNED_IN, wide="reservations:read", query=ReservationQuery, response=Page[ReservationShape],
    )  # fmt: skip
    async def list_reservations(self, call: Call[None, ReservationQuery]) -> Page[ReservationShape]:
        """Newest first. Without `reservations:read` one's own."""
        query = call.query
        found = await repository.reservations(
            call.session,
            query,
            station_id=query.station_id,
            vehicle_id=query.vehicle_id,
            account_id=whose(call.principal, "reservations:read", query.account_id),
            state=query.state,
        )
        return found.as_page(ReservationShape.model_validate)

    @route(
        "GET", "/api/v1/reservations/{reservation_id}", summary="A reservation", tags=["rentals"],
        permission=SIGNED_IN, wide="reservations:read", response=ReservationSeen, errors={"not_found": 404},
    )  # fmt: skip
    async def one_reservation(self, call: Call[None, None]) -> ReservationSeen:
        """Without `reservations:read` one's own. With alternatives where it is not promised."""
        found = await repository.reservation(call.session, call.id("reservation_id"))
        if found is None or not may_see(call.principal, "reservations:read", found.account_id):
            raise Refused("not_found")
        return await self._seen(call, found)

    async def _seen(self, call: Call[Any, Any], found: Reservation) -> ReservationSeen:
        plain = ReservationShape.model_validate(found).model_dump()
        fee = await self._cancel_fee(call, found)
        if found.state not in _UNPROMISED:
            return ReservationSeen(**plain, cancel_fee=fee)
        until_at = found.until_at + dt.timedelta(seconds=2 * self._leases.times.margin_s)
        rows = await lease_repository.free_by_place(call.session, found.vehicle_kind, until_at, _MOST_ALTERNATIVES)
        others = [Alternative(station_id=place, vehicle_kind=kind, count=count) for place, kind, count in rows]
        return ReservationSeen(**plain, alternatives=others, cancel_fee=fee)

    @route(
        "POST", "/api/v1/reservations/{reservation_id}/voucher", summary="The voucher of a reservation",
        tags=["rentals"], permission=SIGNED_IN, wide="reservations:write", response=ReservationVoucher,
        errors={"not_found": 404, "forbidden": 403, "reservation_not_confirmed": 409},
    )  # fmt: skip
    async def voucher(self, call: Call[None, None]) -> ReservationVoucher:
        """One's own, or anybody's with `reservations:write`. The same text each time."""
        found = await self._mine(call)
        text = await self._vouchers.for_booking(call.session, found, self._leases.times.margin_s)
        if text is None:
            raise Refused("reservation_not_confirmed")
        return ReservationVoucher(text=text)

    async def _secret(self, new: NewReservation) -> Secret:
        return await self._booking.secret_for(new)

    @route(
        "POST", "/api/v1/reservations", summary="Reserve a vehicle", tags=["rentals"],
        permission=SIGNED_IN, wide="reservations:write", body=NewReservation, response=ReservationMade, status=201,
        errors={
            "reservation_overlap": 409, "account_blocked": 409, "vehicle_not_fit": 409, "station_limited": 409,
            "forbidden": 403,
        },
        idempotent=True, ahead=_secret,
    )  # fmt: skip
    async def book(self, call: Call[NewReservation, None]) -> ReservationMade:
        """For oneself with `reservations:write_own`, for anybody with `reservations:write`. The PIN is shown once.

        `confirmed` at once where a vehicle is held already, else `requested` until the station has answered. With
        `hold` it is `held` for some minutes, and becomes one or the other when it is confirmed.
        """
        account_id = call.body.account_id or call.principal.account_id
        _check_write(call.principal, account_id)
        reservation, pin = await self._booking.book(call.session, call.body, account_id, secret=call.ready)
        seen = await self._seen(call, reservation)
        voucher = await self._vouchers.for_booking(call.session, reservation, self._leases.times.margin_s)
        return ReservationMade(**seen.model_dump(), pin=pin, voucher=voucher)

    @route(
        "POST", "/api/v1/reservations/{reservation_id}/cancel", summary="Cancel a reservation", tags=["rentals"],
        permission=SIGNED_IN, wide="reservations:write", response=ReservationShape,
        errors={"not_found": 404, "forbidden": 403, "reservation_used": 409},
    )  # fmt: skip
    async def cancel(self, call: Call[None, None]) -> ReservationShape:
        """A second time changes nothing. What is used already cannot be cancelled.

        Late it may cost its owner something (`cancel_fee` of the reservation); never when somebody else cancels it.
        """
        found = await self._mine(call)
        await self._booking.cancel(call.session, found, call.principal.account_id)
        return ReservationShape.model_validate(found)

    @route(
        "POST", "/api/v1/reservations/{reservation_id}/confirm", summary="Confirm what is held", tags=["rentals"],
        permission=SIGNED_IN, wide="reservations:write", response=ReservationConfirmed,
        errors={"not_found": 404, "forbidden": 403, "hold_over": 409},
    )  # fmt: skip
    async def confirm(self, call: Call[None, None]) -> ReservationConfirmed:
        """A second time changes nothing."""
        found = await self._mine(call)
        await self._booking.confirm(call.session, found)
        seen = await self._seen(call, found)
        voucher = await self._vouchers.for_booking(call.session, found, self._leases.times.margin_s)
        return ReservationConfirmed(**seen.model_dump(), voucher=voucher)

    @route(
        "POST", "/api/v1/reservations/{reservation_id}/extend", summary="Extend a reservation", tags=["rentals"],
        permission=SIGNED_IN, wide="reservations:write", body=Extension, response=ReservationShape, idempotent=True,
        errors={
            "not_found": 404, "forbidden": 403, "reservation_overlap": 409, "reservation_not_extendable": 409,
            "extension_not_possible": 409,
        },
    )  # fmt: skip
    async def extend(self, call: Call[Extension, None]) -> ReservationShape:
        """If nobody else has booked it. Before the ride it counts (`until_at`) once the station has granted it."""
        found = await self._mine(call)
        await self._booking.extend(call.session, found, call.body.until_at)
        return ReservationShape.model_validate(found)

    async def _mine(self, call: Call[Any, Any]) -> Reservation:
        """The reservation of the path, held, which the caller may change. Raises Refused."""
        found = await repository.reservation(call.session, call.id("reservation_id"), lock=True)
        if found is None or not may_see(call.principal, "reservations:read", found.account_id):
            raise Refused("not_found")
        _check_write(call.principal, found.account_id)
        return found

    async def _cancel_fee(self, call: Call[Any, Any], found: Reservation) -> MoneyShape | None:
        fee_minor = self._moves.cancel_fee(found)
        currency = await self._moves.currency(call.session, found) if fee_minor else None
        return None if currency is None else MoneyShape(minor=fee_minor, currency=currency)


def _check_write(principal: Principal, account_id: uuid.UUID) -> None:
    own = account_id == principal.account_id and principal.may("reservations:write_own")
    if not own and not principal.may("reservations:write"):
        raise Refused("forbidden", permission="reservations:write")
