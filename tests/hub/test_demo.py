"""What `run --demo` puts into the database: the values that the simulator and the demo's script play against."""

import uuid

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub import wiring
from hub.accounts.passwords import Passwords
from hub.fleet.tables import Vehicle
from hub.intake.tables import ListItem, StationFeed
from hub.rentals.tables import Reservation
from protocols.errors import Refused
from protocols.sync.enrolment import PREFIX, EnrolReply, EnrolRequest
from protocols.tariff.tariff import price_of_rental
from protocols.voucher.pin import pin_matches
from tests.hub.stations_double import World

STATION = uuid.UUID("01900000-0000-7000-8000-000000000014")
CITY = uuid.UUID("01900000-0000-7000-8000-000000000201")
CODE = "DEMO-014-RIVERSIDE"


async def enrol(world: World, key: Ed25519PrivateKey) -> EnrolReply:
    public = key.public_key().public_bytes_raw().hex()
    asked = EnrolRequest(code=CODE, public_key=public, proof=key.sign(PREFIX + CODE.encode()).hex(), agent="demo")
    async with world.kernel.database.transaction() as session:
        return await world.rooms.enrolment.enrol(session, asked)


async def test_the_demo_is_seeded_once_and_its_code_is_armed_until_it_is_used(world: World) -> None:
    async def seed() -> None:
        await wiring.seed_demo(world.kernel.database, world.kernel.clock, Passwords())

    await seed()
    await seed()
    assert [label for (label,) in await world.rows(Vehicle, "label")] == ["C-201", "V-099", "V-104", "V-118", "V-131"]
    lists = {name for (name,) in await world.rows(ListItem, "list")}
    assert lists == {"station", "vehicles", "tariffs", "cards", "leases", "staff"}
    reserved = [raw for name, raw in await world.rows(ListItem, "list", "payload") if name == "leases"]
    item = msgspec.json.decode(reserved[0])["holder"]
    assert item["code"] == "VD-7K2M"
    assert pin_matches("4711", item["pin_hash"])
    assert await world.rows(Reservation, "vehicle_id") == [(uuid.UUID("01900000-0000-7000-8000-000000000102"),)]
    async with world.kernel.database.reading() as session:
        priced = await world.rooms.payments.by_version(session, [(CITY, 1)])
    assert price_of_rental(priced[CITY, 1], 300).total_minor == 100 + 3 * 19
    revs = await world.rows(StationFeed, "rev")
    key = Ed25519PrivateKey.generate()
    assert (await enrol(world, key)).station_id == STATION
    await seed()
    assert await world.rows(StationFeed, "rev") == revs
    try:
        await enrol(world, Ed25519PrivateKey.generate())
    except Refused as refused:
        assert refused.code == "code_used"  # noqa: PT017
    else:
        raise AssertionError("the demo's code bound a second key")
