"""The simulated gateway on a socket: operations, reports, and webhooks to the merchant."""

import asyncio
import contextlib
import hmac
import time
from collections.abc import AsyncIterator, Coroutine
from typing import Final

import aiohttp
from aiohttp import web

from firmware_sim.gateway.book import Book, CannotError
from protocols.errors import Malformed
from protocols.gateway import operations, webhooks
from protocols.gateway.operations import Ask, Failure, Kind, Operation, Outcome, Report

SETTLE_AFTER_S: Final = 0.5
_SILENCE_S: Final = 30.0
_MAX_BODY: Final = 64 * 1024
_WAITS_S: Final = (0.2, 1.0, 5.0, 30.0)  # between the tries of a webhook that nobody took


class Gateway:
    """One gateway. `webhook_url` None: nobody is told. Every event is told twice when the card is `card_…_twice`."""

    def __init__(
        self, api_key: str, webhook_secret: bytes, webhook_url: str | None, *, settle_after_s: float = SETTLE_AFTER_S
    ) -> None:
        self.book = Book()
        self._api_key = api_key
        self._secret = webhook_secret
        self._webhook_url = webhook_url
        self._settle_after_s = settle_after_s
        self._telling: set[asyncio.Task[None]] = set()
        self._silenced: set[str] = set()
        self.told = 0

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[str]:
        """Its address, while it listens."""
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_post("/v1/operations", self._take)
        app.router.add_get("/v1/operations/{key}", self._find)
        app.router.add_get("/v1/report", self._report)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            for task in self._telling:
                task.cancel()
            await asyncio.gather(*self._telling, return_exceptions=True)
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        try:
            self._check(request)
            ask = operations.decode(await request.read(), Ask)
            answer = self.book.take(ask, _now_ms())
        except CannotError as error:
            return _failed(error)
        except Malformed:
            return _failed(CannotError("bad_question", 400))
        if ask.key not in self._silenced:
            self._follow_up(ask, answer.operation)
        if answer.silent and ask.key not in self._silenced:
            self._silenced.add(ask.key)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(_SILENCE_S)
            raise web.HTTPGatewayTimeout
        self._silenced.add(ask.key)
        return web.Response(body=operations.encode(answer.operation), content_type="application/json")

    async def _find(self, request: web.Request) -> web.Response:
        try:
            self._check(request)
            found = self.book.find(request.match_info["key"])
        except CannotError as error:
            return _failed(error)
        return web.Response(body=operations.encode(found), content_type="application/json")

    async def _report(self, request: web.Request) -> web.Response:
        try:
            self._check(request)
            since_ms, until_ms = int(request.query["since_ms"]), int(request.query["until_ms"])
        except CannotError as error:
            return _failed(error)
        except (KeyError, ValueError):
            return _failed(CannotError("bad_question", 400))
        report = Report(since_ms=since_ms, until_ms=until_ms, operations=self.book.report(since_ms, until_ms))
        return web.Response(body=operations.encode(report), content_type="application/json")

    def _check(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise CannotError("not_signed_in", 401)

    def _follow_up(self, ask: Ask, operation: Operation) -> None:
        """Tell the merchant what has happened, and what comes of what is pending."""
        times = 2 if "_twice" in ask.token else 1
        self._start(self._tell_all(operation, times))
        if operation.outcome is Outcome.PENDING:
            self._start(self._settle(ask.key, times))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _settle(self, key: str, times: int) -> None:
        await asyncio.sleep(self._settle_after_s)
        await self._tell_all(self.book.settle(key), times)

    async def _tell_all(self, operation: Operation, times: int) -> None:
        if self._webhook_url is None or operation.kind is Kind.PAYOUT:
            return
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
            for _ in range(times):
                await self._tell(http, operation)

    async def _tell(self, http: aiohttp.ClientSession, operation: Operation) -> None:
        """One event, until somebody says that they have it."""
        assert self._webhook_url is not None  # noqa: S101  # _tell_all looked
        body = operations.encode(operation)
        event_id = f"evt_{operation.ref}_{operation.outcome.value}"
        for wait_s in (*_WAITS_S, None):
            headers = webhooks.sign(self._secret, event_id, int(time.time()), body)
            try:
                async with http.post(self._webhook_url, data=body, headers=headers) as answer:
                    if answer.status < 300:
                        self.told += 1
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            if wait_s is not None:
                await asyncio.sleep(wait_s)


def _failed(error: CannotError) -> web.Response:
    return web.Response(
        status=error.status, body=operations.encode(Failure(code=error.code)), content_type="application/json"
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
