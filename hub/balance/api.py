"""`/api/v1/stations/{station_id}/demand`."""

import datetime as dt

from hub.balance import demand, repository
from hub.balance.forecast import DemandForecast, Zones
from hub.balance.schemas import DemandHour, DemandQuery, DemandShape
from hub.kernel.routes import Call, route
from protocols.errors import Refused

_HOUR = dt.timedelta(hours=1)
_HIGH = 0.9


class DemandApi:
    """What is expected."""

    def __init__(self, forecast: DemandForecast, zones: Zones) -> None:
        self._forecast = forecast
        self._zones = zones

    @route(
        "GET", "/api/v1/stations/{station_id}/demand", summary="The demand expected at a station", tags=["balance"],
        permission="balance:read", query=DemandQuery, response=DemandShape,
        errors={"not_found": 404},
    )  # fmt: skip
    async def expected(self, call: Call[None, DemandQuery]) -> DemandShape:
        """From this hour on. Learnt every night from the rides of twelve weeks."""
        station_id, query = call.id("station_id"), call.query
        if not await self._zones.zones_of(call.session, [station_id]):
            raise Refused("not_found")
        first = call.clock.now().replace(minute=0, second=0, microsecond=0)
        spans = [(first + n * _HOUR, first + (n + 1) * _HOUR) for n in range(query.hours)]
        found = await self._forecast.expected(call.session, spans, station_id=station_id, kind=query.kind)
        rates = await repository.rates(call.session, station_id, query.kind)
        items = [
            DemandHour(
                at=one.since, kind=one.kind, out=round(one.out, 3), out_high=demand.at_most(one.out, _HIGH),
                back=round(one.back, 3),
            )
            for one in sorted(found, key=lambda one: (one.since, one.kind))
        ]  # fmt: skip
        learnt_at = max((row.learnt_at for row in rates), default=None)
        return DemandShape(station_id=station_id, learnt_at=learnt_at, items=items)
