"""Pushes the station's view to every open kiosk: whole, when something changed, at most ten times a second."""

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from typing import Final

from aiohttp import WSCloseCode, web

from edge_agent.core.state import Rental, State
from edge_agent.kiosk import presenter
from edge_agent.runtime.clock import Clock
from protocols.kiosk.views import StationView

PUSH_EVERY_S: Final = 0.1
REFRESH_S: Final = 5.0  # a view is sent at least this often: a card prompt fades, a receipt leaves the screen
SEND_TIMEOUT_S: Final = 5.0
GOODBYE_S: Final = 1.0


class LiveViews:
    """Holds the sockets. `changed` is called with every new state; `run` sends."""

    def __init__(
        self, *, clock: Clock, state: Callable[[], State], trouble: Callable[[], str | None], labels: dict[str, str]
    ) -> None:
        self._clock = clock
        self._state = state
        self._trouble = trouble
        self._labels = labels
        self._seq = 0
        self._sockets: dict[web.WebSocketResponse, web.Request] = {}
        self._news = asyncio.Event()
        self._last_view = ""
        self._sent_rentals: dict[uuid.UUID, Rental] = {}

    def view(self) -> StationView:
        """The view of this moment."""
        self._seq += 1
        return presenter.station_view(
            self._state(), self._clock.now(), seq=self._seq, labels=self._labels, trouble=self._trouble()
        )

    def changed(self, _state: State) -> None:
        """Something may look different now."""
        self._news.set()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One kiosk's socket, until it closes."""
        socket = web.WebSocketResponse(heartbeat=20.0)
        await socket.prepare(request)
        self._sockets[socket] = request
        try:
            await socket.send_str(_view_frame(self.view()))
            async for _message in socket:
                pass  # the kiosk asks over HTTP; whatever it says here is ignored
        finally:
            self._sockets.pop(socket, None)
        return socket

    async def run(self) -> None:
        """Send what changed, for ever; close the sockets at the end."""
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REFRESH_S):  # wait_for of Python 3.11 may swallow the end of the agent
                        await self._news.wait()
                self._news.clear()
                if self._sockets:
                    await self._push()
                await asyncio.sleep(PUSH_EVERY_S)
        finally:
            await asyncio.gather(*(self._say_goodbye(socket) for socket in list(self._sockets)))

    async def _push(self) -> None:
        frames = self._rental_frames()
        view = self.view()
        comparable = view.model_copy(update={"seq": 0, "at": ""}).model_dump_json()
        if comparable != self._last_view:
            self._last_view = comparable
            frames.append(_view_frame(view))
        for frame in frames:
            await asyncio.gather(*(self._send(socket, frame) for socket in list(self._sockets)))

    def _rental_frames(self) -> list[str]:
        state, now = self._state(), self._clock.now()
        changed = [one for key, one in state.rentals.items() if self._sent_rentals.get(key) is not one]
        self._sent_rentals = dict(state.rentals)
        return [
            f'{{"type":"rental","rental":{presenter.rental_view(state, one, now).model_dump_json()}}}'
            for one in changed
        ]

    async def _send(self, socket: web.WebSocketResponse, frame: str) -> None:
        """A kiosk that does not take a frame in time is closed; it comes back and gets the whole view."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await socket.send_str(frame)
        except (TimeoutError, ConnectionError):
            self._cut(socket)

    async def _say_goodbye(self, socket: web.WebSocketResponse) -> None:
        try:
            async with asyncio.timeout(GOODBYE_S):
                await socket.close(code=WSCloseCode.GOING_AWAY)
        except TimeoutError:
            self._cut(socket)

    def _cut(self, socket: web.WebSocketResponse) -> None:
        """A closing handshake would wait behind what the kiosk does not read."""
        request = self._sockets.pop(socket, None)
        if request is not None and request.transport is not None:
            request.transport.abort()


def _view_frame(view: StationView) -> str:
    return f'{{"type":"view","view":{view.model_dump_json()}}}'
