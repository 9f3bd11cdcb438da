"""One WebSocket of a charger: calls with their answers, and the station's calls handed on. No behaviour."""

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from protocols.charger import frames


class NoAnswerError(Exception):
    """The call was not answered in time, or the line went."""


class RefusedCallError(Exception):
    """The station answered with CALLERROR."""


Answerer = Callable[[str, dict[str, Any]], dict[str, Any] | None]


class ChargerLink:
    """One call of ours at a time, as OCPP-J §4.1.1 asks of a charger."""

    def __init__(self, socket: ClientConnection, *, timeout_s: float, answer: Answerer) -> None:
        self._socket = socket
        self._timeout_s = timeout_s
        self._answer = answer
        self._turn = asyncio.Lock()
        self._awaited: tuple[str, asyncio.Future[frames.Reply | frames.Failure]] | None = None

    async def read(self) -> None:
        """Read until the line is gone; call it as the link's own task."""
        try:
            async for raw in self._socket:
                with contextlib.suppress(frames.BadFrame):
                    await self._take(frames.read_frame(raw))
        except ConnectionClosed:
            pass

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send with a new message id and wait. Raises NoAnswerError or RefusedCallError."""
        async with self._turn:
            message_id = str(uuid.uuid4())
            answered: asyncio.Future[frames.Reply | frames.Failure] = asyncio.get_running_loop().create_future()
            self._awaited = (message_id, answered)
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._socket.send(frames.write_call(message_id, action, payload))
                    frame = await answered
            except (TimeoutError, ConnectionClosed) as error:
                raise NoAnswerError(action) from error
            finally:
                self._awaited = None
        if isinstance(frame, frames.Failure):
            raise RefusedCallError(f"{action}: {frame.code} {frame.description}")
        return frame.payload

    async def _take(self, frame: frames.Frame) -> None:
        if not isinstance(frame, frames.Call):
            if self._awaited and frame.message_id == self._awaited[0] and not self._awaited[1].done():
                self._awaited[1].set_result(frame)
            return
        answer = self._answer(frame.action, frame.payload)
        if answer is None:
            await self._socket.send(frames.write_failure(frame.message_id, "NotImplemented"))
        else:
            await self._socket.send(frames.write_reply(frame.message_id, answer))
