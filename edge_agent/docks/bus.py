"""The dock bus: one thread that owns the serial port, started and stopped from the event loop.

Nothing else runs in that thread. What it says goes out by `tell`, which is thread-safe; what it shall do comes
in by `send`. Whose turn it is on the line is `line`, what is said `conversation`.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from edge_agent.core.inputs import DockOrderEnded, Outcome
from edge_agent.core.orders import DockOrder
from edge_agent.docks.config import DockConfig, Pace, Tell
from edge_agent.docks.conversation import Conversation
from edge_agent.docks.line import Line, Speaker, choose
from edge_agent.docks.port import PortFailed, SerialPort

_LONGEST_NAP_S: Final = 0.5


class DockBus:
    """Many docks on one serial line. `port` is a device path.

    `run()` serves the line until cancelled and raises `PortFailed` when the port fails; it may be run again.
    `send()` may be called at any time from the event loop's thread.
    """

    def __init__(
        self, *, port: str, baud: int, docks: Sequence[DockConfig], tell: Tell, pace: Pace | None = None
    ) -> None:
        if len({d.dock_no for d in docks}) < len(docks) or len({d.address for d in docks}) < len(docks):
            raise ValueError("two docks share a number or an address")
        self._port, self._baud, self._tell = port, baud, tell
        self._pace = pace or Pace()
        self._speakers = {
            d.dock_no: Speaker(Conversation(d, pace=self._pace, tell=tell), baud=baud, pace=self._pace) for d in docks
        }
        self._line = Line()
        self._inbox: queue.SimpleQueue[DockOrder | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._running = False
        self._stopping = False

    def send(self, order: DockOrder) -> None:
        """Queue the order and return at once. It ends in exactly one `DockOrderEnded`, whatever happens."""
        with self._gate:
            if self._running and order.dock_no in self._speakers:
                self._inbox.put(order)
                return
        known = order.dock_no in self._speakers
        self._tell(
            DockOrderEnded(
                order_id=order.order_id,
                dock_no=order.dock_no,
                outcome=Outcome.NO_ANSWER if known else Outcome.REFUSED,
                detail="port_closed" if known else "unknown_dock",
            )
        )

    async def run(self) -> None:
        """Serve the line until cancelled. The thread has ended and the port is closed when this returns or raises."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def body() -> None:
            error: Exception | None = None
            try:
                self._serve()
            except Exception as failure:  # noqa: BLE001 - carried to the supervisor, which awaits run()
                error = failure
            loop.call_soon_threadsafe(_settle, ended, error)

        self._stopping = False
        thread = threading.Thread(target=body, name=f"dock-bus {self._port}", daemon=True)
        thread.start()
        try:
            await asyncio.shield(ended)
        finally:
            self._stopping = True
            self._inbox.put(None)
            while not ended.done():  # a second cancellation must not leave the thread behind
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await asyncio.shield(ended)
            thread.join()
            if not ended.cancelled():
                ended.exception()

    def snapshot(self) -> dict[str, Any]:
        """Counters for health and metrics; may be called from any thread."""
        docks = {number: _dock_snapshot(speaker) for number, speaker in list(self._speakers.items())}
        return {
            "running": self._running,
            "requests": self._line.sent,
            "frames": self._line.stream.frames,
            "rejects": dict(self._line.stream.rejects),
            "retries": sum(speaker.retries for speaker in self._speakers.values()),
            "docks": docks,
        }

    # --- in the thread ---------------------------------------------------------------------------------

    def _serve(self) -> None:
        port = SerialPort(self._port, self._baud)
        with self._gate:
            self._running = True
        failed = False
        try:
            for speaker in self._speakers.values():
                speaker.restart()
            self._speak(port)
        except PortFailed:
            failed = True
            raise
        finally:
            port.close()
            self._stop(failed=failed)

    def _speak(self, port: SerialPort) -> None:
        speakers = list(self._speakers.values())
        while not self._stopping:
            self._take_orders(wait_s=0.0)
            now = time.monotonic()
            for speaker in speakers:
                speaker.wake(now)
            chosen = choose(speakers, now)
            if chosen is not None:
                self._line.attempt(chosen, port)
                continue
            due = min((speaker.rests_until() for speaker in speakers), default=now + _LONGEST_NAP_S)
            self._take_orders(wait_s=min(max(due - now, 0.0), _LONGEST_NAP_S))

    def _take_orders(self, wait_s: float) -> None:
        """Give what is in the inbox to the docks; waits so long for the first order."""
        try:
            order = self._inbox.get(timeout=wait_s) if wait_s > 0 else self._inbox.get_nowait()
            while True:
                if order is not None:
                    self._speakers[order.dock_no].conversation.orders.append(order)
                order = self._inbox.get_nowait()
        except queue.Empty:
            return

    def _stop(self, *, failed: bool) -> None:
        """From here on `send` answers by itself; what was taken before ends now."""
        with self._gate:
            self._running = False
        self._take_orders(wait_s=0.0)
        for speaker in self._speakers.values():
            speaker.close()
            speaker.conversation.line_gone(failed=failed)


def _settle(ended: asyncio.Future[None], error: Exception | None) -> None:
    if error is None:
        ended.set_result(None)
    else:
        ended.set_exception(error)


def _dock_snapshot(speaker: Speaker) -> dict[str, Any]:
    conversation = speaker.conversation
    return {
        "up": conversation.up,
        "phase": conversation.channel.phase.value,
        "sessions": conversation.sessions,
        "lost": conversation.lost_count,
        "retries": speaker.retries,
        "ignored": dict(conversation.channel.ignored),
        "timeout_ms": round(speaker.timeout.seconds * 1000, 1),
        "reply_ms": round(speaker.timeout.last_s * 1000, 1),
        "recent_events": list(conversation.recent_events),
    }
