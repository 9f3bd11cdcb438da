"""`/api/v1/stations`."""

import datetime as dt
from typing import Any

from hub import events
from hub.kernel.pages import Page, PageQuery
from hub.kernel.routes import Call, Reply, route
from hub.stations import glance, repository, rules, states
from hub.stations.schemas import (
    ChargerShape,
    ConnectorShape,
    DockShape,
    FaultShape,
    NewStation,
    PictureShape,
    StationDetail,
    StationEdit,
    StationShape,
)
from hub.stations.service import Pictures, Stations, fault_at
from hub.stations.tables import Charger, Dock, Station
from protocols.errors import Refused


class StationsApi:
    """Stations, and what stands in them."""

    def __init__(self, stations: Stations, pictures: Pictures) -> None:
        self._stations = stations
        self._pictures = pictures

    @route(
        "GET", "/api/v1/stations", summary="List stations", tags=["stations"],
        permission="stations:read", query=PageQuery, response=Page[StationShape],
    )  # fmt: skip
    async def list_stations(self, call: Call[None, PageQuery]) -> Page[StationShape]:
        """All stations, newest first."""
        now = call.clock.now()
        return (await repository.stations(call.session, call.query)).as_page(lambda row: shown(row, now))

    @route(
        "GET", "/api/v1/stations/{station_id}", summary="A station and what stands in it", tags=["stations"],
        permission="stations:read", response=StationDetail, errors={"not_found": 404},
    )  # fmt: skip
    async def one_station(self, call: Call[None, None]) -> Reply:
        """With docks, chargers, and the last telemetry picture with its age."""
        station = await self._found(call, lock=False)
        now = call.clock.now()
        docks = await repository.docks(call.session, station.id)
        chargers = await repository.chargers(call.session, station.id)
        detail = StationDetail(
            **shown(station, now).model_dump(),
            docks=[_dock(one) for one in docks],
            chargers=[_charger(one) for one in chargers],
            picture=self._picture(station, now),
            state=states.state_of(station, _devices(docks, chargers), now),
        )
        return Reply(body=detail, etag=str(station.version))

    @route(
        "POST", "/api/v1/stations", summary="Add a station", tags=["stations"], permission="stations:write",
        body=NewStation, response=StationShape, status=201, errors={"number_taken": 409}, idempotent=True,
    )  # fmt: skip
    async def add(self, call: Call[NewStation, None]) -> StationShape:
        """A station that may enrol from now on."""
        station = await self._stations.add(call.session, call.body)
        await call.publish(events.StationAdded(station_id=station.id))
        await self._stations.present(call.session, station)
        return shown(station, call.clock.now())

    @route(
        "PATCH", "/api/v1/stations/{station_id}", summary="Edit a station", tags=["stations"],
        permission="stations:write", body=StationEdit, response=StationShape, errors={"not_found": 404},
        edits=True,
    )  # fmt: skip
    async def edit(self, call: Call[StationEdit, None]) -> Reply:
        """Needs If-Match with the station's ETag. The station is told at once."""
        station = await self._found(call, lock=True)
        call.require_match(str(station.version))
        await self._stations.edit(call.session, station, call.body)
        return Reply(body=shown(station, call.clock.now()), etag=str(station.version))

    async def _found(self, call: Call[None, None] | Call[StationEdit, None], *, lock: bool) -> Station:
        station = await repository.station(call.session, call.id("station_id"), lock=lock)
        if station is None:
            raise Refused("not_found")
        return station

    def _picture(self, station: Station, now: dt.datetime) -> PictureShape | None:
        found = self._pictures.last(station)
        if found is None:
            return None
        picture, at = found
        return PictureShape(
            at=at,
            age_s=max(0.0, (now - at).total_seconds()),
            docks=picture.get("docks", []),
            chargers=picture.get("chargers", []),
            meters=picture.get("meters", []),
        )


def shown(station: Station, now: dt.datetime) -> StationShape:
    """The station as JSON; whether it is online is judged now."""
    alive = glance.is_online(station.last_seen_at, station.last_left_at, now)
    columns = {name: getattr(station, name) for name in StationShape.model_fields if name != "online"}
    return StationShape(**columns, online=alive)


def _devices(docks: list[Dock], chargers: list[Charger]) -> dict[str, Any]:
    return glance.devices_of(
        [(one.dock_no, one.faults) for one in docks], [(one.charger_id, one.connectors) for one in chargers]
    )


def _dock(dock: Dock) -> DockShape:
    faults = [
        FaultShape(code=one["code"], at=fault_at(one["at_ms"]), detail=one["detail"])
        for one in rules.active_faults(dock.faults)
    ]
    return DockShape(dock_no=dock.dock_no, kind=dock.kind, serial=dock.serial, firmware=dock.firmware, faults=faults)


def _charger(charger: Charger) -> ChargerShape:
    connectors = [
        ConnectorShape(
            connector_no=int(no), state=one["state"], error_code=one["error_code"], at=fault_at(one["at_ms"])
        )
        for no, one in sorted(charger.connectors.items(), key=lambda item: int(item[0]))
    ]
    return ChargerShape(
        charger_id=charger.charger_id,
        vendor=charger.vendor,
        model=charger.model,
        firmware=charger.firmware,
        connectors=connectors,
    )
