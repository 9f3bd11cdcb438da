"""`/api/v1/rentals`. Who may not read all sees his own."""

import uuid

from hub.kernel.auth import Principal
from hub.kernel.pages import Page
from hub.kernel.routes import SIGNED_IN, Call, route
from hub.kernel.shapes import MoneyShape
from hub.rentals import repository
from hub.rentals.overflow import Overflow
from hub.rentals.schemas import BillLineShape, OverflowReturn, RentalQuery, RentalShape
from hub.rentals.tables import Rental
from protocols.errors import Refused

_SHAPED = {"total", "tax", "bill", "flags", "time_uncertain"}
_NOBODY = uuid.UUID(int=0)


class RentalsApi:
    """Rentals."""

    def __init__(self, overflow: Overflow) -> None:
        self._overflow = overflow

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
        "POST", "/api/v1/rentals/{rental_id}/overflow-return", summary="Return to a full station", tags=["rentals"],
        permission=SIGNED_IN, wide="rentals:write", body=OverflowReturn, response=RentalShape, idempotent=True,
        errors={
            "not_found": 404, "forbidden": 403, "rental_not_out": 409, "vehicle_differs": 409,
            "docks_not_known": 409, "docks_free": 409,
        },
    )  # fmt: skip
    async def overflow(self, call: Call[OverflowReturn, None]) -> RentalShape:
        """One's own ride, or anybody's with `rentals:write`. The bill stops now; staff come for the vehicle."""
        rental = await repository.rental(call.session, call.id("rental_id"))
        if rental is None or not may_see(call.principal, "rentals:read", rental.account_id):
            raise Refused("not_found")
        if rental.account_id != call.principal.account_id and not call.principal.may("rentals:write"):
            raise Refused("forbidden", permission="rentals:write")
        await self._overflow.accept(call.session, rental, call.body.station_id, call.body.vehicle_id)
        return shown(rental)


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


def _money(minor: int | None, currency: str | None) -> MoneyShape | None:
    return None if minor is None or currency is None else MoneyShape(minor=minor, currency=currency)
