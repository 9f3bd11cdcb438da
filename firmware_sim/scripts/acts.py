"""What the stories have in common: a ride from the price on, and the hub that goes and comes back."""

from typing import Any, Final

from firmware_sim.demo.stage import Stage
from firmware_sim.scripts.proof import Ridden
from firmware_sim.scripts.steps import Steps
from firmware_sim.waiting import DemoError, NotYetError, until

STEP_S: Final = 15.0
SYNC_S: Final = 30.0
RIDE_KM: Final = 2.5


class Acts:
    """A story's hands: at the kiosk, at the docks, at the hub's switch."""

    def __init__(self, stage: Stage, steps: Steps) -> None:
        self._stage = stage
        self._steps = steps
        self._world, self._kiosk, self._hub = stage.world, stage.kiosk, stage.hub

    # --- a ride ----------------------------------------------------------------------------------------

    async def _ride(self, quote: dict[str, Any], *, to_dock: int, offline: bool) -> Ridden:
        """Say yes, take the vehicle, ride, bring it back, and read the receipt."""
        steps, yard, from_dock = self._steps, self._world.yard, quote["dock_no"]
        unlocks = len(yard.docks[from_dock].book.unlocks)
        with steps.step(f"agree; dock {from_dock} opens"):
            rental = await self._kiosk.agree(quote["quote_id"])
            await until("the lock", self._is_open(from_dock), timeout_s=STEP_S, every_s=0.005)
        with steps.step("pull the vehicle out; the ride is on"):
            label = yard.pull(from_dock).plan.label
            await self._until_state(rental["rental_id"], "active")
        with steps.step("ride") as note:
            note.text = f"{yard.ride(label, km=RIDE_KM):.1f} km"
        with steps.step(f"push it into dock {to_dock}; the receipt appears") as note:
            yard.push(to_dock, label)
            receipt = await self._receipt(rental["rental_id"])
            note.text = f"{receipt['reference']}, {money(receipt['total'])}"
        return Ridden(
            rental_id=rental["rental_id"],
            label=label,
            from_dock=from_dock,
            to_dock=to_dock,
            offline=offline,
            quote=quote,
            receipt=receipt,
            unlocks=len(yard.docks[from_dock].book.unlocks) - unlocks,
        )

    def _is_open(self, dock_no: int) -> Any:
        async def probe() -> bool:
            return self._world.yard.can_pull(self._world.yard.docks[dock_no])

        return probe

    async def _until_state(self, rental_id: str, state: str) -> Any:
        async def probe() -> Any:
            rental = await self._kiosk.rental(rental_id)
            if rental["state"] != state:
                raise NotYetError(f"the rental is {rental['state']}")
            return rental

        return await until(f"the rental to be {state}", probe, timeout_s=STEP_S)

    async def _receipt(self, rental_id: str) -> Any:
        """The receipt as the start screen shows it to whoever stands there."""

        async def probe() -> Any:
            shown = (await self._kiosk.view())["returns"]
            return next((one for one in shown if one["rental_id"] == rental_id), None)

        return await until("the receipt", probe, timeout_s=STEP_S)

    # --- the hub goes and comes ------------------------------------------------------------------------

    async def _cut_the_hub(self) -> None:
        with self._steps.step("stop the hub; the kiosk notices"):
            await self._stage.stop_hub()
            await until("the kiosk to notice", self._hub_is(online=False), timeout_s=STEP_S)

    async def _bring_the_hub_back(self) -> None:
        with self._steps.step("start the hub"):
            await self._stage.start_hub()
        with self._steps.step("the station delivers what it kept") as note:
            waiting = (await self._kiosk.get("/healthz"))["store"]["waiting"]
            await until("the hub to be reached", self._hub_is(online=True), timeout_s=SYNC_S)
            await until("the outbox to be empty", self._outbox_is_empty, timeout_s=SYNC_S)
            note.text = f"{waiting} facts waited"

    def _hub_is(self, *, online: bool) -> Any:
        async def probe() -> bool:
            return (await self._kiosk.view())["hub"]["online"] is online

        return probe

    async def _outbox_is_empty(self) -> bool:
        store = (await self._kiosk.get("/healthz"))["store"]
        if store["waiting"]:
            raise NotYetError(f"{store['waiting']} facts wait")
        return True


def told_of(quote: dict[str, Any], *, offline: bool) -> str:
    """The quote in words. Raises DemoError when the kiosk is wrong about the line."""
    if quote["offline"] is not offline:
        raise DemoError(f"the kiosk says offline={quote['offline']}, it is {offline}")
    return f"{quote['vehicle']['label']} in dock {quote['dock_no']}, {money(quote['tariff']['unlock'])} to unlock"


def money(amount: dict[str, Any]) -> str:
    """An amount as the kiosk tells it."""
    return f"{amount['minor'] / 10 ** amount['decimals']:.{amount['decimals']}f} {amount['currency']}"
