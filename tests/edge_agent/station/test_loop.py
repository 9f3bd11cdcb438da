import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from edge_agent.core.inputs import (
    Agreed,
    CardRead,
    LockState,
    QuoteAsked,
    Ticked,
)
from edge_agent.core.orders import UnlockDock
from edge_agent.core.state import Phase, Quote, Rental, State
from edge_agent.station.dispatch import Dispatch
from edge_agent.station.loop import Station
from edge_agent.store.errors import StoreFull
from edge_agent.store.work import Work
from protocols.errors import Refused
from protocols.kiosk.actions import ByVoucher
from protocols.sync.clock import Moment
from tests.edge_agent.core.stage import Stage, new_id, report, vehicle_id, voucher


class MovedClock:
    """The stage's clocks, moved by hand."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def now(self) -> Moment:
        return self.stage.now()

    def mono_s(self) -> float:
        return self.stage.mono_s


class SlowJournal:
    """A journal that can be blocked and can be full; keeps what it was given."""

    def __init__(self) -> None:
        self.works: list[Work] = []
        self.tries = 0
        self.full = False
        self.open = asyncio.Event()
        self.open.set()

    async def commit(self, work: Work) -> None:
        self.tries += 1
        await self.open.wait()
        if self.full:
            raise StoreFull("full")
        self.works.append(work)

    def facts(self) -> list[str]:
        return [fact.type for work in self.works for fact in work.facts]


class Docks:
    """A dock link that only remembers."""

    def __init__(self) -> None:
        self.orders: list[object] = []

    def send(self, order: object) -> None:
        self.orders.append(order)


class Rig:
    """A running station with fakes on all sides."""

    def __init__(self) -> None:
        self.stage = Stage().furnish()
        self.stage.stand(1, 1)
        self.stage.stand(2, 2)
        self.stage.find(3)
        self.stage.report(3)
        self.journal, self.docks, dispatch = SlowJournal(), Docks(), Dispatch()
        self.station = Station(
            state=self.stage.state,
            journal=self.journal,
            dispatch=dispatch,
            clock=MovedClock(self.stage),
            new_id=new_id,
        )
        dispatch.connect(tell=self.station.tell, docks=self.docks, chargers=None)

    async def quote(self, number: int = 1, dock_no: int = 1) -> Quote:
        who = ByVoucher(kind="voucher", token=voucher(number))
        found: Quote = await self.station.ask(QuoteAsked(who=who, dock_no=dock_no))
        return found

    async def agree(self) -> Rental:
        rental: Rental = await self.station.ask(Agreed(quote_id=(await self.quote()).quote_id))
        return rental

    def unlocks(self) -> list[object]:
        return [one for one in self.docks.orders if isinstance(one, UnlockDock)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = Rig()
    running = asyncio.create_task(rig.station.run())
    yield rig
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_yes_is_committed_before_the_unlock_is_sent_and_sent_before_it_is_answered(rig: Rig) -> None:
    quote = await rig.quote()
    rig.journal.open.clear()
    asking = asyncio.create_task(rig.station.ask(Agreed(quote_id=quote.quote_id)))
    await until(lambda: rig.journal.tries == 1)
    assert not rig.docks.orders
    assert not asking.done()
    assert not rig.station.state.rentals
    rig.journal.open.set()
    rental = await asking
    assert "RentalStarted" in rig.journal.facts()
    assert len(rig.unlocks()) == 1
    assert rig.station.state.rentals[rental.rental_id] == rental
    (work,) = rig.journal.works
    assert work.new_business
    assert [entry.kind for entry in work.journal] == ["UnlockDock"]


async def test_a_full_store_refuses_and_opens_nothing_and_the_next_yes_works_again(rig: Rig) -> None:
    quote = await rig.quote()
    rig.journal.full = True
    with pytest.raises(Refused, match="store_full"):
        await rig.station.ask(Agreed(quote_id=quote.quote_id))
    assert rig.station.trouble == "store_full"
    assert not rig.docks.orders
    assert not rig.station.state.rentals
    rig.journal.full = False
    await rig.station.ask(Agreed(quote_id=quote.quote_id))
    assert rig.station.trouble is None


async def test_a_return_during_a_full_store_is_billed_to_its_own_instant_once_there_is_room(rig: Rig) -> None:
    rental = await rig.agree()
    rig.station.tell(report(1, None, LockState.UNLOCKED, 0.0))
    await until(lambda: rig.station.state.rentals[rental.rental_id].phase is Phase.ACTIVE)
    rig.journal.full = True
    rig.stage.wait(120)
    tries = rig.journal.tries
    rig.station.tell(report(3, 1, age_s=0.0))
    await until(lambda: rig.journal.tries > tries)
    for _ in range(360):  # an hour of reports
        rig.stage.wait(10)
        rig.station.tell(report(3, 1, age_s=10.0))
    await until(lambda: rig.station.queued == 0)
    assert rig.station.unsettled == 1  # they say the same
    rig.stage.wait(7200)
    rig.journal.full = False
    rig.station.tell(Ticked())
    await until(lambda: rig.station.unsettled == 0)
    # The last report took the place of the first, with its own time and age.
    ended = next(fact for work in rig.journal.works for fact in work.facts if fact.type == "RentalEnded")
    assert json.loads(ended.body)["duration_s"] == pytest.approx(120 + 3600 - 10)
    assert "VehicleDocked" in rig.journal.facts()


async def test_nothing_about_a_dock_overtakes_what_could_not_be_written(rig: Rig) -> None:
    rig.journal.full = True
    rig.station.tell(report(2, None, LockState.UNLOCKED, 0.0))
    await until(lambda: rig.station.unsettled == 1)
    rig.journal.full = False
    rig.station.tell(report(2, 3, age_s=0.0))
    rig.station.tell(CardRead(dock_no=1, uid="04A1B2C3"))
    await until(lambda: rig.station.state.card is not None)  # another dock goes on
    assert rig.station.unsettled == 2
    rig.station.tell(Ticked())
    await until(lambda: rig.station.unsettled == 0)
    assert rig.journal.facts()[:1] == ["VehicleUndocked"]
    assert rig.station.state.occupants[2] == vehicle_id(3)


async def test_nobody_gets_a_yes_to_a_picture_that_is_known_to_be_old(rig: Rig) -> None:
    quote = await rig.quote(2, dock_no=2)
    rig.journal.full = True
    rig.station.tell(report(2, None, LockState.UNLOCKED, 0.0))
    await until(lambda: rig.station.unsettled == 1)
    rig.journal.full = False
    with pytest.raises(Refused, match="vehicle_gone"):  # the departure is settled first
        await rig.station.ask(Agreed(quote_id=quote.quote_id))


async def test_a_bug_in_one_decision_spoils_only_its_own_input(rig: Rig) -> None:
    with pytest.raises(KeyError):
        await rig.station.ask(object())
    rig.station.tell("nonsense")
    assert (await rig.agree()).phase is Phase.STARTING
    assert rig.station.bugs == 2


async def test_a_word_from_another_thread_arrives(rig: Rig) -> None:
    thread = threading.Thread(target=rig.station.tell, args=(CardRead(dock_no=1, uid="04A1B2C3"),))
    thread.start()
    await until(lambda: rig.station.state.card is not None)
    thread.join()


async def test_listeners_hear_of_changes_and_of_business_after_the_commit(rig: Rig) -> None:
    states: list[State] = []
    business: list[int] = []
    rig.station.on_change(states.append)
    rig.station.on_business(lambda: business.append(len(rig.journal.works)))
    rental = await rig.agree()
    assert states[-1].rentals[rental.rental_id] == rental
    assert business == [1]


async def test_an_asker_that_has_gone_away_stops_nobody(rig: Rig) -> None:
    quote = await rig.quote()
    rig.journal.open.clear()
    asking = asyncio.create_task(rig.station.ask(Agreed(quote_id=quote.quote_id)))
    await until(lambda: rig.journal.tries == 1)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    rig.journal.open.set()
    await until(lambda: len(rig.unlocks()) == 1)


async def test_a_missing_dock_link_answers_that_nobody_is_there() -> None:
    rig = Rig()
    dispatch = Dispatch()
    dispatch.connect(tell=rig.station.tell, docks=None, chargers=None)
    dispatch([UnlockDock(order_id=new_id(), dock_no=1, duration_s=1, expires_mono_s=0)])
    assert rig.station.queued == 1
