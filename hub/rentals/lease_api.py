"""`/api/v1/leases`, and what is held ahead at a station."""

from hub.kernel.pages import Page
from hub.kernel.problem import invalid
from hub.kernel.routes import Call, Reply, route
from hub.rentals import lease_repository
from hub.rentals.lease_keeper import LeaseKeeper
from hub.rentals.lease_schemas import LeasePolicy, LeasePolicySeen, LeaseQuery, LeaseShape, policy_of
from hub.rentals.leases import FIRST_VERSION, Leases, Names
from hub.rentals.tables import LeaseStation
from protocols.errors import Refused

_MOST_AHEAD = 50


class LeasesApi:
    """Leases."""

    def __init__(self, leases: Leases, keeper: LeaseKeeper, names: Names) -> None:
        self._leases = leases
        self._keeper = keeper
        self._names = names

    @route(
        "GET", "/api/v1/leases", summary="List leases", tags=["rentals"],
        permission="reservations:read", query=LeaseQuery, response=Page[LeaseShape],
    )  # fmt: skip
    async def list_leases(self, call: Call[None, LeaseQuery]) -> Page[LeaseShape]:
        """Newest first."""
        query = call.query
        found = await lease_repository.leases(
            call.session, query, station_id=query.station_id, reservation_id=query.reservation_id, state=query.state
        )
        return found.as_page(LeaseShape.model_validate)

    @route(
        "GET", "/api/v1/stations/{station_id}/lease-policy", summary="What is held ahead", tags=["rentals"],
        permission="reservations:read", response=LeasePolicySeen,
    )  # fmt: skip
    async def policy(self, call: Call[None, None]) -> Reply:
        """And what stays for walk-ins; with the ETag that an edit sends back."""
        return _reply(await lease_repository.station(call.session, call.id("station_id")))

    @route(
        "PUT", "/api/v1/stations/{station_id}/lease-policy", summary="Set what is held ahead", tags=["rentals"],
        permission="stations:write", body=LeasePolicy, response=LeasePolicySeen, errors={"not_found": 404},
        edits=True,
    )  # fmt: skip
    async def set_policy(self, call: Call[LeasePolicy, None]) -> Reply:
        """Needs If-Match with its ETag. The station is told, and refuses what would leave too little for walk-ins."""
        station_id = call.id("station_id")
        if await self._names.name_of(call.session, station_id) is None:
            raise Refused("not_found")
        station = await self._leases.station(call.session, station_id)
        call.require_match(_etag(station))
        for name in ("ahead", "safe"):
            if any(not 0 <= count <= _MOST_AHEAD for count in getattr(call.body, name).values()):
                raise invalid(f"/{name}", f"between 0 and {_MOST_AHEAD} of each kind")
        station.ahead = {str(kind): count for kind, count in call.body.ahead.items()}
        station.safe = {str(kind): count for kind, count in call.body.safe.items()}
        station.walk_in_min, station.walk_in_pct = call.body.walk_in_min, call.body.walk_in_pct
        station.version += 1
        await self._leases.put_policy(call.session, station)
        await self._keeper.settle(call.session, station_id)
        return _reply(station)


def _reply(station: LeaseStation | None) -> Reply:
    return Reply(body=policy_of(station), etag=_etag(station))


def _etag(station: LeaseStation | None) -> str:
    """Where nothing was set yet, no row may be there: the one to come begins with this version."""
    return str(FIRST_VERSION if station is None else station.version)
