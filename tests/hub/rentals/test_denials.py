"""Revoked vouchers: as bits for all, as ids while they are few; forgotten once no clock could take them."""

import uuid
from typing import Any

import msgspec
import pytest

from hub.rentals import vouchers as rules
from hub.rentals.tables import VoucherRow
from protocols.sync.changes import StatusItem
from protocols.voucher.status import is_set
from tests.hub.conftest import FixedAuth, ManualClock
from tests.hub.rentals.test_blocks import call
from tests.hub.stations_double import StationDouble, World


async def issue(world: World, auth: FixedAuth, expires: str = "2026-11-30T00:00:00Z") -> dict[str, Any]:
    wish = {"account_id": str(uuid.UUID(int=7)), "expires": expires}
    status, made = await call(world, auth, "POST", "vouchers", wish)
    assert status == 201
    found: dict[str, Any] = made
    return found


async def revoke(world: World, auth: FixedAuth, made: dict[str, Any]) -> None:
    assert (await call(world, auth, "POST", f"vouchers/{made['id']}/revoke"))[0] == 200


async def lists(world: World, double: StationDouble) -> tuple[set[str], dict[str, str]]:
    double.take(await world.sync(double))
    ids = set(double.lists.get("voucher_denials", (0, {}))[1])
    raw = double.lists.get("voucher_status", (0, {}))[1]
    return ids, {key: msgspec.json.decode(one, type=StatusItem).bits for key, one in raw.items()}


async def test_each_voucher_has_a_number_of_its_own_and_a_revoked_one_its_bit_and_its_id(
    world: World, auth: FixedAuth
) -> None:
    double = await world.station()
    made = [await issue(world, auth) for _ in range(3)]
    assert await lists(world, double) == (set(), {})
    numbers = dict(await world.rows(VoucherRow, "id", "status"))
    assert [numbers[uuid.UUID(one["id"])] for one in made] == [0, 1, 2]
    await revoke(world, auth, made[1])
    ids, bits = await lists(world, double)
    assert ids == {made[1]["id"]}
    assert [is_set(bits["0"], place) for place in range(3)] == [False, True, False]


async def test_many_revoked_ones_are_told_by_their_bits_alone(
    world: World, auth: FixedAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_IDS", 2)
    double = await world.station()
    made = [await issue(world, auth) for _ in range(4)]
    for one in made:
        await revoke(world, auth, one)
    ids, bits = await lists(world, double)
    assert ids == {made[0]["id"], made[1]["id"]}
    assert [is_set(bits["0"], place) for place in range(5)] == [True] * 4 + [False]


async def test_what_expired_two_days_ago_is_taken_off_both_lists(
    world: World, auth: FixedAuth, clock: ManualClock
) -> None:
    double = await world.station()
    short, long = await issue(world, auth, "2026-11-22T00:00:00Z"), await issue(world, auth)
    for one in (short, long):
        await revoke(world, auth, one)
    for days, kept in ((1, {short["id"], long["id"]}), (2.5, {long["id"]}), (10, set())):
        clock.move(days * 86_400)
        async with world.kernel.database.transaction() as session:
            await world.doors.vouchers.forget_expired(session, clock.now())
        ids, bits = await lists(world, double)
        assert ids == kept
        assert [is_set(bits["0"], place) if bits else False for place in (0, 1)] == [
            short["id"] in kept, long["id"] in kept,
        ]  # fmt: skip
