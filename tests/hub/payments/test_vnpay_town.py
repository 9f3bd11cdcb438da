"""Whatever renters, VNPay and the line between do, in any order: in the end the ledger shows what VNPay has taken less
what it gave back, nobody's deposit is left lying, and the ride is paid once."""

import random

import pytest

from tests.hub.payments.vnpay_desk import DEPOSIT, Desk
from tests.hub.payments.vnpay_desk import desk as desk  # noqa: PLC0414  # a fixture

BANKS = ["NCB", "TWICE", "LOST", "SILENT", "BUSY", "POOR", "SUSPECT"]
SUMS = [0, 11_000, 33_000, DEPOSIT, 88_000]


class Town:
    """One renter with one booking, and chance."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.chance = desk, random.Random(seed)
        self.pages: list[str] = []
        self.ridden = False

    async def step(self) -> None:
        """One thing happens."""
        deeds = [
            self.open, self.open, self.pay, self.pay, self.cancel_page, self.ride, self.rebill, self.wait, self.line,
            self.repeat, self.work,
        ]  # fmt: skip
        await self.chance.choice(deeds)()

    async def open(self) -> None:
        requests = await self.desk.requests()
        if requests:
            self.pages.append(await self.desk.open_page(self.chance.choice(requests)))

    async def pay(self, do: str = "pay") -> None:
        if self.pages:
            page = self.pages.pop(self.chance.randrange(len(self.pages)))
            try:
                await self.desk.pay(page, do=do)
            except AssertionError:
                return  # that page has ended

    async def cancel_page(self) -> None:
        await self.pay("cancel")

    async def ride(self) -> None:
        if not self.ridden:
            self.ridden = True
            await self.desk.start()
            await self.desk.end(self.chance.choice(SUMS))

    async def rebill(self) -> None:
        if self.ridden:
            await self.desk.bill(self.chance.choice(SUMS))

    async def wait(self) -> None:
        self.desk.clock.move(self.chance.choice([60, 700, 1200, 7200]))

    async def line(self) -> None:
        self.desk.wire.away = not self.desk.wire.away

    async def repeat(self) -> None:
        for ref, one in self.desk.wire.book.payments.items():
            if one.response:
                await self.desk.tell(self.desk.wire.ipn_of(ref))

    async def work(self) -> None:
        await self.desk.turn(tries=2)

    async def settle(self) -> None:
        """Days go by, and everything answers again."""
        self.desk.wire.away = False
        if not self.ridden:
            await self.desk.book("cancelled")
        for one in self.desk.wire.book.payments.values():
            one.response = "02" if one.response == "07" else one.response
        for _ in range(4):
            self.desk.clock.move(20 * 3600)
            async with self.desk.database.transaction() as session:
                await self.desk.payers.sweep(session, self.desk.clock.now())
            await self.desk.turn()
            await self.desk.again()


@pytest.mark.parametrize("seed", range(14))
async def test_in_the_end_the_books_show_what_vnpay_has(desk: Desk, seed: int) -> None:
    await desk.pays_with(BANKS[seed % len(BANKS)])
    await desk.book()
    await desk.turn()
    town = Town(desk, seed)
    for _ in range(25):
        await town.step()
        await desk.balances()  # balanced at every moment
    await town.settle()
    after = await desk.balances()
    assert after.get("clearing:vnpay", 0) == desk.wire.book.taken()
    assert not any(name.startswith("deposits:") for name in after)
    if town.ridden:
        bill = await desk.the_bill()
        assert bill.paid_minor == after.get("clearing:vnpay", 0)
        assert bill.state in {"paid", "free", "unpaid"}
        assert (bill.state == "unpaid") == (bill.paid_minor != bill.total_minor)
    else:
        assert after == {}
