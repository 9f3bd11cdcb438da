"""`/api/v1/rentals`. Who may not read all sees his own."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final, Protocol

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.auth import Principal
from hub.kernel.pages import Page
from hub.kernel.problem import ProblemError, problem
from hub.kernel.routes import SIGNED_IN, Call, RawRoute, route
from hub.kernel.shapes import MoneyShape
from hub.kernel.web import Kernel
from hub.rentals import repository
from hub.rentals.overflow import Overflow
from hub.rentals.schemas import BillLineShape, OverflowReturn, RentalPhoto, RentalQuery, RentalShape, RentalStory
from hub.rentals.tables import Rental
from protocols.errors import Refused

_SHAPED = {"total", "tax", "bill", "flags", "time_uncertain"}
_NOBODY = uuid.UUID(int=0)
READ: Final = "rentals:read"


class Picture(Protocol):
    """A picture that staff took with a check-out or check-in by hand."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def taken_at(self) -> dt.datetime: ...
    @property
    def what(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def deleted_at(self) -> dt.datetime | None: ...


class Pictures(Protocol):
    """Who keeps pictures. Filled by the wiring."""

    async def of_rental(self, session: AsyncSession, rental_id: uuid.UUID) -> Sequence[Picture]:
        """In the order in which they were taken."""

    async def content(self, session: AsyncSession, photo_id: uuid.UUID, rental_id: uuid.UUID | None) -> bytes:
        """A JPEG. Raises Refused `not_found`, `photo_waits`, `photo_lost`, `photo_deleted`, `files_unreachable`."""


class RentalsApi:
    """Rentals."""

    def __init__(self, overflow: Overflow, pictures: Pictures) -> None:
        self._overflow = overflow
        self._pictures = pictures

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
        permission=SIGNED_IN, wide="rentals:read", response=RentalStory, errors={"not_found": 404},
    )  # fmt: skip
    async def one_rental(self, call: Call[None, None]) -> RentalStory:
        """With its bill and its pictures. Without `rentals:read` one's own."""
        rental = await visible(call.session, call.principal, call.id("rental_id"))
        photos = [RentalPhoto.model_validate(one) for one in await self._pictures.of_rental(call.session, rental.id)]
        return RentalStory(**dict(shown(rental)), photos=photos)

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


class RentalPhotoFile:
    """A picture of a rental, for whoever may read the rental."""

    def __init__(self, kernel: Kernel, pictures: Pictures) -> None:
        self._kernel = kernel
        self._pictures = pictures

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Its bytes."""
        principal = await self._kernel.authenticate(request)
        try:
            rental_id, photo_id = (uuid.UUID(request.match_info[name]) for name in ("rental_id", "photo_id"))
            async with self._kernel.database.reading() as session:
                await visible(session, principal, rental_id)
                content = await self._pictures.content(session, photo_id, rental_id)
        except (Refused, ValueError) as error:
            refused = error if isinstance(error, Refused) else Refused("not_found")
            status = {"files_unreachable": 503, "photo_deleted": 410}.get(refused.code, 404)
            raise ProblemError(problem(refused.code, status, params=refused.params)) from error
        headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=content, content_type="image/jpeg", headers=headers)

    def route(self) -> RawRoute:
        """As the wiring takes it."""
        return RawRoute(
            method="GET", path="/api/v1/rentals/{rental_id}/photos/{photo_id}", handler=self.handle,
            summary="A picture of a rental", tags=("rentals",), permission=SIGNED_IN, wide=READ,
            description="Without `rentals:read` of one's own rentals.",
            answers={
                200: "image/jpeg",
                404: "`not_found`; `photo_waits`: it is still at its station; `photo_lost`: it will not come",
                410: "`photo_deleted`: its time was over, at `deleted_at`",
                503: "`files_unreachable`: the file store does not answer",
            },
        )  # fmt: skip


async def visible(session: AsyncSession, principal: Principal | None, rental_id: uuid.UUID) -> Rental:
    """The rental, for who may read it. Raises Refused `not_found`."""
    rental = await repository.rental(session, rental_id)
    if rental is None or principal is None or not may_see(principal, READ, rental.account_id):
        raise Refused("not_found")
    return rental


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
