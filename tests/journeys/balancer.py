"""A TCP balancer of the tests' own: it asks each hub's /readyz and sends new connections to those that are ready."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence

import aiohttp

PROBE_S = 0.1


class Balancer:
    """Passes bytes through, knowing nothing of HTTP. What it could not place it counts."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._ready: list[int] = []
        self._turn = itertools.count()
        self._passing: set[asyncio.Task[None]] = set()
        self.port = 0
        self.unplaced = 0
        self.refused = 0  # by a hub that had said that it was ready

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Balancer"]:
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        probing = asyncio.create_task(self._probe())
        try:
            yield self
        finally:
            server.close()
            for task in (probing, *self._passing):
                task.cancel()
            await asyncio.gather(probing, *self._passing, return_exceptions=True)

    def ready(self, port: int) -> bool:
        """Whether new connections may go there."""
        return port in self._ready

    async def _probe(self) -> None:
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(force_close=True)) as http:
            while True:
                found = await asyncio.gather(*(self._is_ready(http, port) for port in self._ports))
                self._ready = [port for port, ready in zip(self._ports, found, strict=True) if ready]
                await asyncio.sleep(PROBE_S)

    async def _is_ready(self, http: aiohttp.ClientSession, port: int) -> bool:
        try:
            async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._pass(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await self._placed()
            if there is None:
                self.unplaced += 1
                return
            try:
                await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))
            finally:
                there[1].close()
        finally:
            writer.close()

    async def _placed(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        ready = list(self._ready)
        first = next(self._turn)
        for number in range(len(ready)):
            try:
                return await asyncio.open_connection("127.0.0.1", ready[(first + number) % len(ready)])
            except OSError:
                self.refused += 1
        return None


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
