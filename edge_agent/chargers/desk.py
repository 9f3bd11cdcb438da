"""Carries orders to chargers: waits for a connection, one call at a time per charger, exactly one ending each."""

import asyncio
import time
import uuid
from collections.abc import Mapping
from typing import Final

import structlog

from edge_agent.chargers.config import Tell
from edge_agent.chargers.record import ChargerRecord
from edge_agent.core.inputs import ChargerOrderEnded, Outcome
from edge_agent.core.orders import ChargerOrder

log = structlog.get_logger(__name__)

OPEN_ORDERS: Final = 16  # per charger; a person presses a button, nothing floods


class OrderDesk:
    """Takes orders at any time; carries them out while `run()` runs. Event loop's thread only."""

    def __init__(self, records: Mapping[str, ChargerRecord], tell: Tell) -> None:
        self._records = records
        self._tell = tell
        self._open: dict[uuid.UUID, ChargerOrder] = {}
        self._waiting: asyncio.Queue[ChargerOrder] = asyncio.Queue()  # bounded by OPEN_ORDERS

    def take(self, order: ChargerOrder) -> None:
        """Queue the order and return at once. An order that is still open is not carried out twice."""
        record = self._records.get(order.charger_id)
        if order.order_id in self._open:
            log.warning("charger_order_repeated", order_id=str(order.order_id))
            return
        self._open[order.order_id] = order
        if record is None:
            self._end(order, Outcome.REFUSED, "unknown_charger")
        elif record.orders_open >= OPEN_ORDERS:
            self._end(order, Outcome.REFUSED, "too_many_orders")
        else:
            record.orders_open += 1
            self._waiting.put_nowait(order)

    async def run(self) -> None:
        """Carry out what is taken until cancelled; what is open then ends as expired or unanswered."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    order = await self._waiting.get()
                    group.create_task(self._carry(order, self._records[order.charger_id]))
        finally:
            # A task that is cancelled before its first step never runs at all; its order ends here.
            while not self._waiting.empty():
                self._waiting.get_nowait()
            for order in tuple(self._open.values()):
                self._close(order, Outcome.EXPIRED, "stopped")

    async def _carry(self, order: ChargerOrder, record: ChargerRecord) -> None:
        try:
            async with asyncio.timeout(order.expires_mono_s - time.monotonic()):
                await record.turn.acquire()
        except TimeoutError:
            self._close(order, Outcome.EXPIRED, "expired")
            return
        try:
            outcome, detail = await _dispatch(order, record)
        except asyncio.CancelledError:
            self._close(order, Outcome.NO_ANSWER, "stopped")
            raise
        finally:
            record.turn.release()
        self._close(order, outcome, detail)

    def _close(self, order: ChargerOrder, outcome: Outcome, detail: str) -> None:
        self._records[order.charger_id].orders_open -= 1
        self._end(order, outcome, detail)

    def _end(self, order: ChargerOrder, outcome: Outcome, detail: str) -> None:
        del self._open[order.order_id]
        log.info("charger_order_ended", order_id=str(order.order_id), outcome=outcome.value, detail=detail)
        self._tell(
            ChargerOrderEnded(order_id=order.order_id, charger_id=order.charger_id, outcome=outcome, detail=detail)
        )


async def _dispatch(order: ChargerOrder, record: ChargerRecord) -> tuple[Outcome, str]:
    try:
        async with asyncio.timeout(order.expires_mono_s - time.monotonic()):
            session = await record.connected()
    except TimeoutError:
        return Outcome.EXPIRED, "not_connected"
    if time.monotonic() >= order.expires_mono_s:
        return Outcome.EXPIRED, "expired"
    return await session.carry_out(order)
