"""PINs that lie ready: made while nobody books, each given once."""

import asyncio

import pytest

from hub.rentals import pins
from hub.rentals.pins import QUIET_S, Pins
from protocols.voucher.pin import pin_matches


class Rests:
    """Time as the maker of PINs sees it: notes each rest, and ends him after so many."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        if len(self.taken) == self.most:
            raise asyncio.CancelledError


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The PINs whose verifier was made."""
    found: list[str] = []

    def note(pin: str, salt: bytes) -> str:
        found.append(pin)
        return f"{pin}{salt.hex()}"

    monkeypatch.setattr(pins, "pin_hash", note)
    return found


async def filled(ahead: int, rests: int) -> Pins:
    one = Pins(ahead, Rests(rests))
    with pytest.raises(asyncio.CancelledError):
        await one.run()
    return one


async def test_a_pin_that_lies_ready_is_given_once_and_its_verifier_is_its_own() -> None:
    one = await filled(2, 3)
    secrets = [await one.one(None) for _ in range(3)]
    assert all(pin_matches(each.pin, each.verifier) for each in secrets)
    assert len({each.verifier for each in secrets}) == 3


async def test_what_lies_ready_costs_nothing_when_it_is_given(made: list[str]) -> None:
    one = await filled(2, 3)
    assert len(made) == 2  # and no more than it shall keep
    await one.one(None)
    await one.one(None)
    assert len(made) == 2
    await one.one(None)
    assert len(made) == 3


async def test_a_pin_that_somebody_wants_is_his(made: list[str]) -> None:
    one = await filled(1, 2)
    assert (await one.one("4711")).pin == "4711"
    assert made[-1] == "4711"


async def test_nothing_is_made_ahead_while_people_book(made: list[str]) -> None:
    rests = Rests(3)
    one = Pins(5, rests)

    async def book_and_rest(seconds: float) -> None:
        if seconds == QUIET_S:
            await one.one("1111")
        await rests(seconds)

    one._rest = book_and_rest
    await one.one("1111")
    with pytest.raises(asyncio.CancelledError):
        await one.run()
    assert rests.taken == [QUIET_S] * 3
    assert set(made) == {"1111"}


async def test_none_is_made_ahead_unless_it_is_asked_for(made: list[str]) -> None:
    job = asyncio.create_task(Pins(0).run())
    await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert made == []
