"""`/api/v1/rentals` and `/api/v1/reservations`. Who may not read all sees his own."""

import datetime as dt
import uuid
from typing import Any

from hub.kernel.auth import Principal
from hub.kernel.pages import Page
from hub.kernel.routes import SIGNED_IN, Call, route
from hub.kernel.shapes import MoneyShape
from hub.rentals import lease_repository, repository
from hub.rentals.booking import Booking
from hub.rentals.leases import Leases
from hub.rentals.schemas import (
    Alternative,
    BillLineShape,
    NewReservation,
    RentalQuery,
    RentalShape,
    ReservationMade,
    ReservationQuery,
    ReservationSeen,
    ReservationShape,
    ReservationVoucher,
)
from hub.rentals.tables import Rental, Reservation
from hub.rentals.vouchers import Vouchers
from protocols.errors import Refused

_SHAPED = {"total", "tax", "bill", "flags", "time_uncertain"}
_NOBODY = uuid.UUID(int=0)
_UNPROMISED = {"requested", "refused", "expired", "broken"}
_MOST_ALTERNATIVES = 10


class RentalsApi:
    """Rentals and reservations."""

    def __init__(self, booking: Booking, leases: Leases, vouchers: Vouchers) -> None:
        self._booking = booking
        self._leases = leases
        self._vouchers = vouchers

    @route(
        "GET", "/api/v1/rentals", summary="List rentals", tags=["rentals"],
        permission=SIGNED_IN, wide="rentals:read", query=RentalQuery, response=Page[RentalShape],
    )  # fmt: skip
    async def list_rentals(self, call: Call[None, RentalQuery]) -> Page[RentalShape]:
        """Newest first. Without `rentals:read` one's own."""
        query = call.query
        found = await repository.rentals(
            call.session,
            query,
            query.flag,
            station_id=query.station_id,
            vehicle_id=query.vehicle_id,
            account_id=whose(call.principal, "rentals:read", query.account_id),
            state=query.state,
        )
        return found.as_page(shown)

    @route(
        "GET", "/api/v1/rentals/{rental_id}", summary="A rental", tags=["rentals"],
        permission=SIGNED_IN, wide="rentals:read", response=RentalShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_rental(self, call: Call[None, None]) -> RentalShape:
        """With its bill. Without `rentals:read` one's own."""
        rental = await repository.rental(call.session, call.id("rental_id"))
        if rental is None or not may_see(call.principal, "rentals:read", rental.account_id):
            raise Refused("not_found")
        return shown(rental)

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
        if found.state not in _UNPROMISED:
            return ReservationSeen(**plain)
        until_at = found.until_at + dt.timedelta(seconds=2 * self._leases.times.margin_s)
        rows = await lease_repository.free_by_place(call.session, found.vehicle_kind, until_at, _MOST_ALTERNATIVES)
        others = [Alternative(station_id=place, vehicle_kind=kind, count=count) for place, kind, count in rows]
        return ReservationSeen(**plain, alternatives=others)

    @route(
        "POST", "/api/v1/reservations/{reservation_id}/voucher", summary="The voucher of a reservation",
        tags=["rentals"], permission=SIGNED_IN, wide="reservations:write", response=ReservationVoucher,
        errors={"not_found": 404, "forbidden": 403, "reservation_not_confirmed": 409},
    )  # fmt: skip
    async def voucher(self, call: Call[None, None]) -> ReservationVoucher:
        """One's own, or anybody's with `reservations:write`. The same text each time."""
        found = await repository.reservation(call.session, call.id("reservation_id"), lock=True)
        if found is None or not may_see(call.principal, "reservations:read", found.account_id):
            raise Refused("not_found")
        _check_write(call.principal, found.account_id)
        text = await self._vouchers.for_booking(call.session, found, self._leases.times.margin_s)
        if text is None:
            raise Refused("reservation_not_confirmed")
        return ReservationVoucher(text=text)

    @route(
        "POST", "/api/v1/reservations", summary="Reserve a vehicle", tags=["rentals"],
        permission=SIGNED_IN, wide="reservations:write", body=NewReservation, response=ReservationMade, status=201,
        errors={"reservation_overlap": 409, "account_blocked": 409, "forbidden": 403}, idempotent=True,
    )  # fmt: skip
    async def book(self, call: Call[NewReservation, None]) -> ReservationMade:
        """For oneself with `reservations:write_own`, for anybody with `reservations:write`. The PIN is shown once.

        `confirmed` at once where a vehicle is held already, else `requested` until the station has answered.
        """
        account_id = call.body.account_id or call.principal.account_id
        _check_write(call.principal, account_id)
        reservation, pin = await self._booking.book(call.session, call.body, account_id)
        seen = await self._seen(call, reservation)
        voucher = await self._vouchers.for_booking(call.session, reservation, self._leases.times.margin_s)
        return ReservationMade(**seen.model_dump(), pin=pin, voucher=voucher)

    @route(
        "POST", "/api/v1/reservations/{reservation_id}/cancel", summary="Cancel a reservation", tags=["rentals"],
        permission=SIGNED_IN, wide="reservations:write", response=ReservationShape,
        errors={"not_found": 404, "forbidden": 403, "reservation_used": 409},
    )  # fmt: skip
    async def cancel(self, call: Call[None, None]) -> ReservationShape:
        """A second time changes nothing. What is used already cannot be cancelled."""
        found = await repository.reservation(call.session, call.id("reservation_id"), lock=True)
        if found is None or not may_see(call.principal, "reservations:read", found.account_id):
            raise Refused("not_found")
        _check_write(call.principal, found.account_id)
        await self._booking.cancel(call.session, found)
        return ReservationShape.model_validate(found)


def shown(rental: Rental) -> RentalShape:
    """The rental as JSON."""
    plain = {name: getattr(rental, name) for name in RentalShape.model_fields if name not in _SHAPED}
    bill = None if rental.bill is None else [BillLineShape.model_validate(line) for line in rental.bill]
    return RentalShape(
        **plain,
        total=_money(rental.total_minor, rental.currency),
        tax=_money(rental.tax_minor, rental.currency),
        bill=bill,
        flags=rental.flags.split(),
        time_uncertain=" time_uncertain " in rental.flags,
    )


def whose(principal: Principal, permission: str, asked: uuid.UUID | None) -> uuid.UUID | None:
    """Whose rows a list shows: all (None) or those asked for with the permission, one's own without."""
    if principal.may(permission):
        return asked
    return principal.account_id if asked in {None, principal.account_id} else _NOBODY


def may_see(principal: Principal, permission: str, owner: uuid.UUID | None) -> bool:
    """Whether the caller may see this row at all; what he may not see does not exist for him."""
    return principal.may(permission) or owner == principal.account_id


def _check_write(principal: Principal, account_id: uuid.UUID) -> None:
    own = account_id == principal.account_id and principal.may("reservations:write_own")
    if not own and not principal.may("reservations:write"):
        raise Refused("forbidden", permission="reservations:write")


def _money(minor: int | None, currency: str | None) -> MoneyShape | None:
    return None if minor is None or currency is None else MoneyShape(minor=minor, currency=currency)
