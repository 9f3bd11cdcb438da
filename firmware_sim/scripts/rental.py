"""`demo --script rental`: a rental and a charge with the hub, both again without it, and the proof afterwards."""

import datetime as dt
from typing import Any, Final

from firmware_sim.book import book_of
from firmware_sim.demo.clients import RENTER
from firmware_sim.demo.stage import Stage
from firmware_sim.plan import RENTER_CARD, STATION_ID
from firmware_sim.scripts.acts import STEP_S, Acts, told_of
from firmware_sim.scripts.proof import Charged, Evidence, check
from firmware_sim.scripts.steps import Steps
from firmware_sim.waiting import DemoError, NotYetError, until
from protocols.values import UTC, rfc3339

ENOUGH_WH: Final = 400.0
VOUCHER_LIFE: Final = dt.timedelta(hours=1)


class Story(Acts):
    """The two halves of the story are the same; only the hub is gone in the second."""

    def __init__(self, stage: Stage, steps: Steps) -> None:
        super().__init__(stage, steps)
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

    async def _rent(self, *, from_dock: int, to_dock: int, offline: bool) -> None:
        with self._steps.step(f"scan the voucher, see the price for dock {from_dock}") as note:
            quote = await self._kiosk.quote(self.vouchers.pop(0), from_dock)
            note.text = told_of(quote, offline=offline)
        self.evidence.rides.append(await self._ride(quote, to_dock=to_dock, offline=offline))

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
        return self._steps.judge(check(evidence))
