"""A hub's door for one station of a benchmark: takes every fact, keeps none, answers at the station's own time."""

import contextlib
from collections.abc import AsyncIterator

import zstandard
from aiohttp import web

from protocols.sync.envelope import (
    BatchResult,
    Cursor,
    Lane,
    SyncReply,
    Verdict,
    decode_request,
    encode,
)

_MOST: int = 2_000_000


@contextlib.asynccontextmanager
async def open_hub() -> AsyncIterator[str]:
    """Its address, while it is open."""
    held: dict[tuple[Lane, int], int] = {}

    async def sync(request: web.Request) -> web.Response:
        asked = decode_request(zstandard.decompress(await request.read(), max_output_size=_MOST))
        results = []
        for batch in asked.batches:
            key = (batch.lane, batch.epoch)
            held[key] = max(held.get(key, 0), batch.first_seq - 1 + len(batch.records))
            results.append(BatchResult(lane=batch.lane, epoch=batch.epoch, verdict=Verdict.TAKEN, acked=held[key]))
        cursors = [Cursor(lane=lane, epoch=epoch, acked=acked) for (lane, epoch), acked in held.items()]
        reply = SyncReply(
            protocol=asked.protocol, hub="bench", hub_at_ms=asked.clock.at_ms, rev=asked.rev, cursors=cursors,
            results=results,
        )  # fmt: skip
        return web.Response(body=encode(reply), content_type="application/json")

    app = web.Application(client_max_size=_MOST)
    app.router.add_post("/api/v1/sync", sync)
    runner = web.AppRunner(app, auto_decompress=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
