"""`demo --script booking`: a new price, a booking, a ride while the hub is gone, and where the money went."""

import datetime as dt
from typing import Any, Final

from firmware_sim.book import book_of
from firmware_sim.demo.booking import CARD
from firmware_sim.demo.clients import RENTER
from firmware_sim.demo.stage import Stage
from firmware_sim.plan import STATION_ID
from firmware_sim.scripts.acts import STEP_S, SYNC_S, Acts, money, told_of
from firmware_sim.scripts.money import Books, check
from firmware_sim.scripts.proof import Evidence, check_rides
from firmware_sim.scripts.steps import Steps
from firmware_sim.waiting import DemoError, NotYetError, until
from protocols.values import UTC, rfc3339

TARIFF: Final = "City ride"
UNLOCK_MINOR, PER_MINUTE_MINOR = 120, 23
BOOKED_FOR: Final = dt.timedelta(hours=2)
TO_DOCK: Final = 3


class Story(Acts):
    """Admin, renter and station, and the three books of the money afterwards."""

    def __init__(self, stage: Stage, steps: Steps) -> None:
        super().__init__(stage, steps)
        self.evidence = Evidence()

    async def play(self) -> list[str]:
        """The whole story; returns what the proof found wrong."""
        steps = self._steps
        steps.chapter("The admin")
        await self._change_the_tariff()
        steps.chapter("The renter, by the API")
        booking = await self._book()
        steps.chapter("At the kiosk, without the hub")
        await self._cut_the_hub()
        await self._rent(booking)
        steps.chapter("The hub is back")
        await self._bring_the_hub_back()
        await self._hub.sign_in()
        with steps.step("the bill is posted and paid") as note:
            bill = await until("the bill to be paid", self._is_paid, timeout_s=SYNC_S)
            note.text = f"{bill['paid_minor'] / 100:.2f} {bill['currency']}"
        steps.chapter("Proof")
        return await self._prove(booking)

    async def _change_the_tariff(self) -> None:
        steps, hub = self._steps, self._hub
        with steps.step(f"sign in, change the prices of “{TARIFF}”") as note:
            await hub.sign_in()
            tariff = next(one for one in await hub.all_of("/api/v1/tariffs") if one["name"] == TARIFF)
            prices = tariff["versions"][0]["prices"]
            prices |= {"unlock_minor": UNLOCK_MINOR, "per_minute_minor": PER_MINUTE_MINOR}
            changed = await hub.post(f"/api/v1/tariffs/{tariff['id']}/versions", {"prices": prices})
            note.text = f"version {changed['versions'][0]['version']}"
        with steps.step("the kiosk shows the new price") as note:
            hint = await until("the new price", self._shows_the_price, timeout_s=STEP_S)
            note.text = f"{money(hint['unlock'])} + {money(hint['per_minute'])} a minute"

    async def _shows_the_price(self) -> Any:
        hint = (await self._kiosk.view())["price_hint"]
        if hint is None or hint["unlock"]["minor"] != UNLOCK_MINOR:
            raise NotYetError(f"it shows {hint}")
        return hint

    async def _book(self) -> dict[str, Any]:
        steps, hub = self._steps, self._hub
        with steps.step("sign in, add a card") as note:
            await hub.sign_in(RENTER)
            note.text = (await hub.post("/api/v1/payment-methods", CARD))["label"]
        with steps.step("book a scooter for two hours") as note:
            now = dt.datetime.now(UTC)
            wish = {"station_id": str(STATION_ID), "vehicle_kind": "scooter"}
            wish |= {"from_at": rfc3339(now), "until_at": rfc3339(now + BOOKED_FOR)}
            booking: dict[str, Any] = await hub.post("/api/v1/reservations", wish)
            note.text = f"{booking['code']}, {booking['state']}"
        with steps.step("the station keeps one: the booking is confirmed"):
            await until("the confirmation", lambda: self._is_confirmed(booking["id"]), timeout_s=STEP_S)
        return booking

    async def _is_confirmed(self, reservation_id: str) -> bool:
        found = await self._hub.get(f"/api/v1/reservations/{reservation_id}")
        if found["state"] == "requested":
            raise NotYetError("it is requested")
        if found["state"] != "confirmed":
            raise DemoError(f"the booking is {found['state']} ({found['reason']})")
        return True

    async def _rent(self, booking: dict[str, Any]) -> None:
        with self._steps.step("code and PIN; the price, and the vehicle that was kept") as note:
            quote = await self._kiosk.quote_for_booking(booking["code"], booking["pin"])
            note.text = told_of(quote, offline=True)
        self.evidence.rides.append(await self._ride(quote, to_dock=TO_DOCK, offline=True))

    async def _is_paid(self) -> Any:
        rental_id = self.evidence.rides[0].rental_id
        bill = next((one for one in await self._hub.all_of("/api/v1/bills") if one["id"] == rental_id), None)
        if bill is None or bill["state"] not in ("paid", "unpaid"):
            raise NotYetError(f"the bill is {None if bill is None else bill['state']}")
        return bill

    async def _prove(self, booking: dict[str, Any]) -> list[str]:
        hub, evidence = self._hub, self.evidence
        with self._steps.step("ask hub and gateway what they hold"):
            evidence.tariffs = await hub.all_of("/api/v1/tariffs")
            evidence.rentals = await hub.all_of("/api/v1/rentals")
            evidence.quarantine = await hub.all_of("/api/v1/quarantine")
            evidence.book = book_of(self._world)
            books = Books(
                receipt=evidence.rides[0].receipt,
                reservation=await hub.get(f"/api/v1/reservations/{booking['id']}"),
                bills=await hub.all_of("/api/v1/bills"),
                payments=await hub.all_of("/api/v1/payments"),
                postings=await hub.all_of("/api/v1/ledger"),
                balances=await hub.get("/api/v1/ledger/balances"),
                taken=await self._stage.taken(),
            )
        return self._steps.judge([*check_rides(evidence), *check(evidence.rides[0].rental_id, books)])
