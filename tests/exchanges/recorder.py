"""Records an exchange: stands between an agent and a hub of one version and writes down what passes, to the byte.

    python -m tests.exchanges.recorder 0.2.0    # when it is released; writes tests/data/sync/exchanges/0.2.0.jsonl

A recording is one JSON object a line: `exchange` (request and reply with their headers that matter and their bytes in
base64) or what the hub did by itself in between (`order`, `forget`). It is never edited.
"""

import asyncio
import base64
import json
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from sqlalchemy import delete, update

from hub.app import serve
from hub.intake.downlink import Downlink
from hub.intake.tables import FactCursor, FactRow
from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.nudges import LocalNudges
from hub.settings import load
from hub.stations import seed
from protocols.sync.changes import OrderBody
from protocols.sync.envelope import Lane
from protocols.sync.facts import KNOWN
from tests.exchanges.scenario import Telling

FOLDER = Path(__file__).parents[1] / "data" / "sync" / "exchanges"
SENT = ("Content-Type", "Content-Encoding", "Content-Digest", "Signature-Input", "Signature")
ANSWERED = ("Content-Type", "Retry-After")


class Recorder:
    """The stage of a recording: a proxy before a real hub, and a hand in the hub's database."""

    def __init__(self, hub_url: str, database: Database) -> None:
        self._hub_url = hub_url
        self._database = database
        self.lines: list[dict[str, Any]] = []
        self.url = ""

    async def pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        sent = {name: request.headers[name] for name in SENT if name in request.headers}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as http,
            http.request(request.method, self._hub_url + request.path, data=body, headers=sent) as answer,
        ):
            reply = await answer.read()
            answered = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
        self.lines.append({
            "what": "exchange",
            "method": request.method,
            "path": request.path,
            "sent": sent,
            "request": base64.b64encode(body).decode(),
            "status": answer.status,
            "answered": answered,
            "reply": base64.b64encode(reply).decode(),
        })  # fmt: skip
        return web.Response(status=answer.status, body=reply, headers=answered)

    async def order(self, body: OrderBody) -> None:
        async with self._database.transaction() as session:
            made = await Downlink(SystemClock(), LocalNudges()).send_order(
                session, seed.ID, body, life_s=86_400.0 * 365, by=None
            )
        raw = msgspec.json.encode(body).decode()
        self.lines.append({"what": "order", "id": str(made.id), "type": type(body).__name__, "body": raw})

    async def forget(self, lane: Lane, epoch: int, acked: int) -> None:
        await forget(self._database, seed.ID, lane, epoch, acked)
        self.lines.append({"what": "forget", "lane": lane.value, "epoch": epoch, "acked": acked})


async def forget(database: Database, station_id: uuid.UUID, lane: Lane, epoch: int, acked: int) -> None:
    """Take the facts after `acked` out of a hub, as an older backup would be without them."""
    at = {"station_id": station_id, "lane": lane.value, "epoch": epoch}
    async with database.transaction() as session:
        await session.execute(delete(FactRow).filter_by(**at).where(FactRow.seq > acked))
        await session.execute(update(FactCursor).filter_by(**at).values(acked=acked, chain_hash=None))


async def record(version: str, out: Path) -> None:
    """Play the story between this code's agent and this code's hub, and write it down."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load(None, {}, data_dir=Path(folder) / "hub", port=0)
        stop, url = asyncio.Event(), asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(settings, stop=stop, listening=url.set_result, demo=True))
        database = Database(settings.url)
        recorder = Recorder(await asyncio.wait_for(url, 60), database)
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", recorder.pass_on)
        runner = web.AppRunner(app, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        recorder.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        station = Path(folder) / "station"
        station.mkdir()
        try:
            bodies = {name: body for (name, v), body in KNOWN.items() if v == 1}
            await Telling(recorder, station, bodies, version).tell()
        finally:
            await runner.cleanup()
            stop.set()
            await serving
            await database.close()
    text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in recorder.lines)
    out.write_text(text, encoding="utf-8")  # noqa: ASYNC240  # the last deed of a small tool


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER / f"{sys.argv[1]}.jsonl"))
