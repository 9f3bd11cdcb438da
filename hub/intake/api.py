"""The typed routes of the stations' door: enrolment, orders, what was received. Sync and live speak for themselves."""

import uuid
from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy import select

from hub import events
from hub.intake import ledger, losses
from hub.intake.downlink import Downlink
from hub.intake.enrolment import Enrolment, RateLimit
from hub.intake.live import LOOK_AT_THE_KEY, LiveDoor
from hub.intake.schemas import (
    CodeShape,
    Enrol,
    Enrolled,
    FactQuery,
    FactShape,
    KeyShape,
    LostShape,
    NewCode,
    NewOrder,
    OrderQuery,
    OrderShape,
    Revocation,
)
from hub.intake.sync import SyncDoor
from hub.intake.tables import FactRow, Order
from hub.kernel.audit import Actor, tell
from hub.kernel.callers import Callers, network_of
from hub.kernel.db import after_commit
from hub.kernel.keyset import read_cursor, write_cursor
from hub.kernel.pages import Page, PageQuery, find_page
from hub.kernel.problem import ProblemError, problem
from hub.kernel.routes import Call, RawRoute, route
from protocols.errors import Refused
from protocols.sync.changes import ORDERS
from protocols.sync.enrolment import EnrolRequest

_ENROL_ERRORS: Final = {
    "code_unknown": 404, "code_used": 409, "code_expired": 410, "bad_proof": 422, "code_of_another_station": 409,
    "key_revoked": 409, "bad_code": 400, "bad_public_key": 400,
}  # fmt: skip


class IntakeApi:
    """Enrolment codes, enrolment, orders, facts."""

    def __init__(
        self,
        enrolment: Enrolment,
        downlink: Downlink,
        limit: RateLimit,
        nudge: Callable[[uuid.UUID, int], None],
        time_key: str,
        callers: Callers,
    ) -> None:
        self._enrolment = enrolment
        self._downlink = downlink
        self._limit = limit
        self._nudge = nudge
        self._time_key = time_key
        self._callers = callers

    @route(
        "POST", "/api/v1/stations/enrolment-codes", summary="Make an enrolment code", tags=["stations"],
        permission="stations:enrol", body=NewCode, response=CodeShape, status=201, errors={"not_found": 404},
    )  # fmt: skip
    async def make_code(self, call: Call[NewCode, None]) -> CodeShape:
        """A one-time code by which a station proves that it may be this station. Older unused codes end."""
        code, row = await self._enrolment.issue(call.session, call.body.station_id)
        return CodeShape(station_id=row.station_id, code=code, expires_at=row.expires_at)

    @route(
        "POST", "/api/v1/stations/enrol", summary="Enrol a station", tags=["stations"],
        permission=None, body=Enrol, response=Enrolled, status=201, errors=_ENROL_ERRORS | {"too_many_tries": 429},
    )  # fmt: skip
    async def enrol(self, call: Call[Enrol, None]) -> Enrolled:
        """Trade a one-time code for an identity. The proof shows that the private key is with the asker."""
        wait_s = self._limit.check(network_of(self._callers.address(call.request)))
        if wait_s is not None:
            raise ProblemError(problem("too_many_tries", 429), {"Retry-After": str(int(wait_s) + 1)})
        body = call.body
        reply = await self._enrolment.enrol(call.session, EnrolRequest(**body.model_dump()))
        tell(actor=Actor(kind="station", id=reply.station_id), target=("stations", reply.station_id))
        await call.publish(events.StationKeyChanged(station_id=reply.station_id, revoked_at=None))
        return Enrolled(
            station_id=reply.station_id, name=reply.name, epoch_floor=reply.epoch_floor, time_key=self._time_key
        )

    @route(
        "POST", "/api/v1/stations/{station_id}/revoke", summary="Revoke a station's key", tags=["stations"],
        permission="stations:enrol", body=Revocation, response=KeyShape, errors={"not_found": 404}, idempotent=True,
    )  # fmt: skip
    async def revoke(self, call: Call[Revocation, None]) -> KeyShape:
        """From now on nothing that this key signs is taken (`station_revoked`, 403), on any door.

        The station is told at its next contact: it takes vehicles back and rents out no more. Its facts wait there;
        enrolled anew with a fresh code, it sends them all.
        """
        station_id = call.id("station_id")
        row = await self._enrolment.revoke(call.session, station_id, call.principal.account_id, call.body.reason)
        await call.publish(events.StationKeyChanged(station_id=station_id, revoked_at=row.revoked_at))
        after_commit(call.session, lambda: self._nudge(station_id, LOOK_AT_THE_KEY))
        return KeyShape.model_validate(row)

    @route(
        "POST", "/api/v1/stations/{station_id}/orders", summary="Send an order to a station", tags=["orders"],
        permission="orders:write", body=NewOrder, response=OrderShape, status=201, errors={"not_found": 404},
        idempotent=True,
    )  # fmt: skip
    async def order(self, call: Call[NewOrder, None]) -> OrderShape:
        """The order waits for the station until its time is over; what became of it is told by the station."""
        given = call.body.order.model_dump(mode="json")
        body = msgspec.convert(given, ORDERS[given.pop("type"), 1])
        made = await self._downlink.send_order(
            call.session, call.id("station_id"), body, life_s=call.body.life_s, by=call.principal.account_id
        )
        return OrderShape.model_validate(made)

    @route(
        "GET", "/api/v1/orders", summary="List orders", tags=["orders"],
        permission="orders:read", query=OrderQuery, response=Page[OrderShape],
    )  # fmt: skip
    async def orders(self, call: Call[None, OrderQuery]) -> Page[OrderShape]:
        """Orders to stations, newest first."""
        found = select(Order)
        if call.query.station_id is not None:
            found = found.where(Order.station_id == call.query.station_id)
        return (await find_page(call.session, found, Order, call.query)).as_page(OrderShape.model_validate)

    @route(
        "GET", "/api/v1/orders/{order_id}", summary="An order and its fate", tags=["orders"],
        permission="orders:read", response=OrderShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_order(self, call: Call[None, None]) -> OrderShape:
        """`outcome` is null until the station has told it."""
        found = await call.session.get(Order, call.id("order_id"))
        if found is None:
            raise Refused("not_found")
        return OrderShape.model_validate(found)

    @route(
        "GET", "/api/v1/facts", summary="Facts as received", tags=["intake"],
        permission="facts:read", query=FactQuery, response=Page[FactShape],
    )  # fmt: skip
    async def facts(self, call: Call[None, FactQuery]) -> Page[FactShape]:
        """A station's facts of one lane, newest number first, each with its record as the station wrote it."""
        query = call.query
        before = None
        if query.cursor is not None:
            epoch, seq = read_cursor(query.cursor, (int, int))
            before = (int(epoch), int(seq))
        rows = await ledger.facts_page(call.session, query.station_id, query.lane, query.type, before, query.limit + 1)
        return _page(rows, query.limit)

    @route(
        "GET", "/api/v1/stations/{station_id}/lost-ranges", summary="Facts that a station lost", tags=["intake"],
        permission="facts:read", query=PageQuery, response=Page[LostShape],
    )  # fmt: skip
    async def lost_ranges(self, call: Call[None, PageQuery]) -> Page[LostShape]:
        """By lane, epoch and numbers, newest first: lost by damage to the station's file, or given up for room."""
        found = await losses.page(call.session, call.id("station_id"), call.query)
        return found.as_page(LostShape.model_validate)


def raw_routes(sync: SyncDoor, live: LiveDoor) -> list[RawRoute]:
    """The two routes that stations speak by signed requests."""
    return [
        RawRoute(
            method="POST",
            path="/api/v1/sync",
            handler=sync.handle,
            summary="Facts up, changes down",
            tags=("intake",),
            description="Signed by the station's key (RFC 9421). See protocols/sync/envelope.py for the shapes. "
            "Answered after the commit: what `cursors` acknowledge is kept.",
            body_types=("application/json",),
            answers={
                200: "Taken",
                401: "Not a station's signature",
                409: "The request's number was taken before",
                426: "A protocol that is not spoken here; `params` say which are: `spoken_from` to `spoken`",
            },
        ),
        RawRoute(
            method="GET",
            path="/api/v1/live",
            handler=live.handle,
            summary="The station's live link (WebSocket)",
            tags=("intake",),
            description="Signed like a GET with an empty body. Telemetry up, nudges down; nothing durable.",
            answers={101: "Switching protocols", 401: "Not a station's signature"},
        ),
    ]


def _page(rows: list[FactRow], limit: int) -> Page[FactShape]:
    shown, more = rows[:limit], len(rows) > limit
    cursor = write_cursor(shown[-1].epoch, shown[-1].seq) if more else None
    return Page[FactShape](items=[FactShape.model_validate(row) for row in shown], next_cursor=cursor)
