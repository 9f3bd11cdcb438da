"""A hub that held rentals before they were folded: the words come back from the facts, and later ones fit."""

import uuid
from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from hub.kernel import migrations
from hub.rentals.tables import Rental, VehicleSighting
from tests.hub.rentals.test_rentals import RENTAL, VEHICLE, tariffs
from tests.hub.rentals.test_returns import at, began, docked
from tests.hub.stations_double import World

_OLD = ("flags", "told", "ended_by", "began_hlc", "ended_hlc", "settled_hlc", "ended_station_id", "close_order_id")


def _back_and_forth(connection: Connection) -> None:
    """As it was before, the columns, the table and the step undone; then the step again."""
    connection.execute(text("DROP TABLE vehicle_sightings"))
    for name in ("ix_rentals_vehicle_id_settled_hlc", "ix_rentals_account_id_ended_hlc"):
        connection.execute(text(f"DROP INDEX {name}"))
    for name in _OLD:
        connection.execute(text(f"ALTER TABLE rentals DROP COLUMN {name}"))
    for name in ("vehicle_id", "account_id"):
        connection.execute(text(f"CREATE INDEX ix_rentals_{name} ON rentals ({name})"))
    config = migrations._config()
    config.attributes["connection"] = connection
    command.stamp(config, "0007", purge=True)
    command.upgrade(config, "0008")
    command.stamp(config, "heads")  # what came later was not undone, but for what the new table lacks
    connection.execute(text("ALTER TABLE vehicle_sightings ADD COLUMN uncertainty_ms BIGINT NOT NULL DEFAULT 0"))
    connection.execute(text("ALTER TABLE vehicle_sightings ADD COLUMN odometer_m BIGINT"))


async def test_rentals_from_before_are_folded_with_what_comes_after(world: World) -> None:
    await tariffs(world)
    one, other = await world.station("1"), await world.station("2")
    lonely = uuid.UUID(int=0xB9)
    await at(world, one, 0, *began(0))
    await at(world, other, 3, docked(3, lonely))
    before: list[tuple[Any, ...]] = await world.rows(Rental, "told", "began_hlc", "ended_hlc", "settled_hlc")
    seen = await world.rows(VehicleSighting, "fact_id", "vehicle_id", "hlc", "what", "at", "soc_pct")
    async with world.kernel.database.engine.execution_options(voltdock_write=True).begin() as connection:
        await connection.run_sync(_back_and_forth)
    assert [row[1:] for row in await world.rows(Rental, "told", "began_hlc", "ended_hlc", "settled_hlc")] == [
        row[1:] for row in before
    ]
    assert await world.rows(VehicleSighting, "fact_id", "vehicle_id", "hlc", "what", "at", "soc_pct") == seen
    await at(world, other, 12, docked(12))
    rows = await world.rows(Rental, "id", "vehicle_id", "state", "ended_by", "total_minor")
    assert rows == [(RENTAL, VEHICLE, "ended", "other_station", 290)]
