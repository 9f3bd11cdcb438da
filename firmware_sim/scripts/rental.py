"""`demo --script rental`: a rental and a charge with the hub, both again without it, and the proof afterwards."""

import datetime as dt
from pathlib import Path
from typing import Any, Final

import click

from firmware_sim.book import book_of
from firmware_sim.demo.clients import RENTER
from firmware_sim.demo.ports import HOST, free_ports
from firmware_sim.demo.stage import Stage, open_stage
from firmware_sim.plan import RENTER_CARD, STATION_ID
from firmware_sim.scripts.proof import Charged, Evidence, Ridden, check
from firmware_sim.scripts.steps import Note, Steps
from firmware_sim.stopping import Interrupted, until_told_to_stop
from firmware_sim.waiting import DemoError, NotYetError, until
from protocols.values import UTC, rfc3339

POLL_S: Final = 1.0
STEP_S: Final = 15.0
SYNC_S: Final = 30.0
ENOUGH_WH: Final = 400.0
RIDE_KM: Final = 2.5
VOUCHER_LIFE: Final = dt.timedelta(hours=1)


class Story:
    """The two halves of the story are the same; only the hub is gone in the second."""

    def __init__(self, stage: Stage, steps: Steps) -> None:
        self._stage = stage
        self._steps = steps
        self._world, self._kiosk, self._hub = stage.world, stage.kiosk, stage.hub
        self.vouchers: list[str] = []
        self.evidence = Evidence()

    async def play(self) -> list[str]:
        """The whole story; returns what the proof found wrong."""
        self._steps.chapter("Before")
        await self._fetch_vouchers()
        self._steps.chapter("With the hub")
        await self._rent(from_dock=4, to_dock=3, offline=False)
        await self._charge("CP-01", offline=False)
        self._steps.chapter("Without the hub")
        await self._cut_the_hub()
        await self._rent(from_dock=1, to_dock=4, offline=True)
        await self._charge("CP-02", offline=True)
        self._steps.chapter("The hub is back")
        await self._bring_the_hub_back()
        self._steps.chapter("Proof")
        return await self._prove()

    async def _fetch_vouchers(self) -> None:
        with self._steps.step("sign in at the hub as admin"):
            await self._hub.sign_in()
        with self._steps.step("two vouchers for the renter") as note:
            accounts = await self._hub.all_of("/api/v1/accounts")
            renter = next(one["id"] for one in accounts if one["email"] == RENTER)
            expires = dt.datetime.now(UTC) + VOUCHER_LIFE
            wish = {"account_id": renter, "stations": [str(STATION_ID)], "expires": rfc3339(expires)}
            self.vouchers = [(await self._hub.post("/api/v1/vouchers", wish))["text"] for _ in range(2)]
            note.text = f"{len(self.vouchers[0])} characters each, in a QR code"
        with self._steps.step("the station knows the key that signed them"):
            await until("the voucher's key", self._voucher_is_known, timeout_s=STEP_S)

    async def _voucher_is_known(self) -> bool:
        """A price promises nothing and spends nothing, so asking for one is a fair test."""
        try:
            await self._kiosk.quote(self.vouchers[-1], 1)
        except DemoError as error:
            if "voucher_invalid" not in str(error):
                raise
            raise NotYetError(str(error)) from error
        return True

    # --- a rental --------------------------------------------------------------------------------------

    async def _rent(self, *, from_dock: int, to_dock: int, offline: bool) -> None:
        steps, yard = self._steps, self._world.yard
        unlocks = len(yard.docks[from_dock].book.unlocks)
        with steps.step(f"scan the voucher, see the price for dock {from_dock}") as note:
            quote = await self._kiosk.quote(self.vouchers.pop(0), from_dock)
            note.text = f"{quote['vehicle']['label']}, {_money(quote['tariff']['unlock'])} to unlock"
            if quote["offline"] is not offline:
                raise DemoError(f"the kiosk says offline={quote['offline']}, it is {offline}")
        with steps.step("agree; the dock opens"):
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
            note.text = f"{receipt['reference']}, {_money(receipt['total'])}"
        self.evidence.rides.append(
            Ridden(
                rental_id=rental["rental_id"],
                label=label,
                from_dock=from_dock,
                to_dock=to_dock,
                offline=offline,
                quote=quote,
                receipt=receipt,
                unlocks=len(yard.docks[from_dock].book.unlocks) - unlocks,
            )
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

    # --- a charge --------------------------------------------------------------------------------------

    async def _charge(self, charger_id: str, *, offline: bool) -> None:
        steps, charger = self._steps, self._world.chargers[charger_id]
        with steps.step(f"plug a car in at {charger_id}, hold the card") as note:
            self._world.plug(charger_id)
            note.text = await self._world.present_card(charger_id, RENTER_CARD)
            if note.text != "accepted":
                raise DemoError(f"the charger showed {note.text!r}")
        with steps.step("energy flows; the kiosk shows it") as note:
            await until("energy", self._has_charged(charger_id), timeout_s=STEP_S)
            note.text = f"{charger.power_w / 1000:.1f} kW"
        with steps.step("hold the card again; the charge ends, unplug") as note:
            await self._world.present_card(charger_id, RENTER_CARD)
            self._world.unplug(charger_id)
            await until("the charger's last message", self._has_delivered(charger_id), timeout_s=STEP_S)
            charge = charger.book[-1]
            note.text = f"{charge.energy_wh / 1000:.3f} kWh"
        self.evidence.charges.append(Charged(charger_id=charger_id, offline=offline, charge=charge))

    def _has_charged(self, charger_id: str) -> Any:
        async def probe() -> bool:
            running = self._world.chargers[charger_id].memory.running
            if running is None:
                raise NotYetError("no charge is running")
            chargers = (await self._kiosk.view())["chargers"]
            shown = next(one for one in chargers if one["charger_id"] == charger_id)["connectors"]
            seen = any(one["state"] == "charging" and one["energy_wh"] for one in shown)
            return seen and running.energy_wh >= ENOUGH_WH

        return probe

    def _has_delivered(self, charger_id: str) -> Any:
        async def probe() -> bool:
            return self._world.chargers[charger_id].undelivered == 0

        return probe

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

    async def _prove(self) -> list[str]:
        await self._hub.sign_in()
        with self._steps.step("ask the hub what it holds") as note:
            evidence = self.evidence
            evidence.tariffs = await self._hub.all_of("/api/v1/tariffs")
            evidence.rentals = await self._hub.all_of("/api/v1/rentals")
            evidence.sessions = await self._hub.all_of("/api/v1/charging-sessions")
            evidence.quarantine = await self._hub.all_of("/api/v1/quarantine")
            evidence.book = book_of(self._world)
            note.text = f"{len(evidence.rentals)} rentals, {len(evidence.sessions)} charging sessions"
        wrong: list[str] = []
        for name, problems in check(evidence):
            wrong += _judge(self._steps, name, problems)
        return wrong


def _judge(steps: Steps, name: str, problems: list[str]) -> list[str]:
    try:
        with steps.step(name) as note:
            _raise_if(problems, note)
    except DemoError:
        for problem in problems:
            click.echo(f"      {click.style(problem, fg='red')}")
    return problems


def _raise_if(problems: list[str], note: Note) -> None:
    if problems:
        raise DemoError(problems[0])
    note.text = "holds"


def _money(money: dict[str, Any]) -> str:
    return f"{money['minor'] / 10 ** money['decimals']:.{money['decimals']}f} {money['currency']}"


async def play_rental(folder: Path, *, speed: float) -> int:
    """Play it on a stage of its own. 0 only if everything holds."""
    steps = Steps()
    click.echo(f"One rental and one charge, twice: with the hub and without. Everything on {HOST}, data in {folder}")
    steps.chapter("Stage")
    try:
        async with until_told_to_stop():
            wrong = await _play(folder, steps, speed)
    except DemoError as error:
        click.echo(click.style(f"\n{error}", fg="red"), err=True)
        return 1
    except Interrupted:
        click.echo("\nStopped before the end.")
        return 1
    if wrong:
        click.echo(click.style(f"\n{len(wrong)} things are wrong.", fg="red", bold=True), err=True)
        return 1
    click.echo(click.style(f"\nEverything holds, after {steps.elapsed_s:.1f} s.", fg="green", bold=True))
    return 0


async def _play(folder: Path, steps: Steps, speed: float) -> list[str]:
    started: list[str] = []
    with steps.step("start hub, hardware and agent") as note:
        stage_at = open_stage(folder, free_ports(), speed=speed, poll_s=POLL_S, say=started.append)
        stage = await stage_at.__aenter__()
        note.text = f"{len(stage.world.yard.docks)} docks, {len(stage.world.chargers)} chargers"
    try:
        return await Story(stage, steps).play()
    finally:
        await stage_at.__aexit__(None, None, None)
