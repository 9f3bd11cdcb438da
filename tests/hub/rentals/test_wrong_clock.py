"""A hub that woke up ten years ahead misses no booking, and takes no revoked voucher off the stations' lists."""

from pathlib import Path

import pytest

from hub import wiring
from hub.kernel.steady_clock import SteadyClock
from hub.rentals import vouchers as rules
from protocols.voucher.status import is_set
from tests.hub.conftest import FixedAuth
from tests.hub.machine_double import YEAR_S, Machine
from tests.hub.rentals.test_denials import issue, lists, revoke
from tests.hub.rentals.test_leases import granted, listen, new_agent, states
from tests.hub.rentals.test_rentals import book, tell, wish
from tests.hub.stations_double import World


def woken_ahead(folder: Path) -> SteadyClock:
    """It remembers the tests' START."""
    machine = Machine(folder / "clock")
    machine.clock().keep()
    machine.reboots()
    machine.wrong_s = 10 * YEAR_S
    return machine.clock()


async def test_nobody_is_told_that_he_did_not_come(world: World, auth: FixedAuth, tmp_path: Path) -> None:
    double = await new_agent(world, auth)
    await book(world, wish(double))
    [item] = (await listen(world, double)).values()
    await tell(world, double, granted(item))
    rooms = wiring.Rooms(woken_ahead(tmp_path), world.kernel.nudges)
    await rooms.keeper.look(world.kernel.database)
    assert await states(world) == [("confirmed", "")]
    assert not (await listen(world, double))[item.key].ended


async def test_a_revoked_voucher_stays_revoked_when_another_one_is(
    world: World, auth: FixedAuth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_IDS", 0)  # by their bits alone
    double = await world.station()
    first, second = await issue(world, auth), await issue(world, auth)
    await revoke(world, auth, first)
    monkeypatch.setattr(world.doors.vouchers, "_clock", woken_ahead(tmp_path))
    await revoke(world, auth, second)
    bits = (await lists(world, double))[1]["0"]
    assert is_set(bits, 0)
    assert is_set(bits, 1)
