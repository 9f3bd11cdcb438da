"""What hubs of older versions answered, to the byte, to today's agent: it ends with the same books.

And what a hub of a later version might answer: fields, kinds, lists, orders and verdicts that nobody here knows.
"""

import importlib
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from edge_agent.store.store import Store
from protocols.sync import facts
from protocols.sync.changes import OrderBody
from protocols.sync.envelope import Lane, decode_request
from tests.exchanges.recordings import SYNC, VERSIONS, Exchanged, recorded
from tests.exchanges.scenario import StoryClock, Telling

Change = Callable[[Exchanged], bytes]
_as_it_was: Change = lambda one: one.reply  # noqa: E731


def shape_of(plain: bytes) -> tuple[Any, ...]:
    """What a reply depends on: which facts were sent, and what the station held."""
    asked = decode_request(plain)
    batches = [(one.lane.value, one.epoch, one.first_seq, len(one.records)) for one in asked.batches]
    return (asked.rev, *batches)


class RecordedHub:
    """Answers each request as the recorded hub answered one like it; what it does not know it counts."""

    def __init__(self, version: str, change: Change = _as_it_was) -> None:
        self._answers: dict[Any, deque[Exchanged]] = defaultdict(deque)
        self._change = change
        self.unknown: list[Any] = []
        self.url = ""
        for line in recorded(version):
            if isinstance(line, Exchanged):
                self._answers[_key(line.path, line.plain)].append(line)

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        sent = {name: value for name, value in request.headers.items() if name == "Content-Encoding"}
        plain = Exchanged(request.method, request.path, sent, body, 0, {}, b"").plain
        known = self._answers.get(_key(request.path, plain))
        if not known:
            self.unknown.append(_key(request.path, plain))
            return web.Response(status=400)
        one = known.popleft() if len(known) > 1 else known[0]
        return web.Response(status=one.status, body=self._change(one), headers=one.answered)

    async def order(self, _body: OrderBody) -> None:
        """It is in the recorded replies."""

    async def forget(self, _lane: Lane, _epoch: int, _acked: int) -> None:
        """It is in the recorded replies."""


def _key(path: str, plain: bytes) -> Any:
    return (path, shape_of(plain)) if path == SYNC else path


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    runners = []

    async def tell(version: str, change: Change = _as_it_was) -> tuple[RecordedHub, Telling]:
        hub = RecordedHub(version, change)
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", hub.answer)
        runner = web.AppRunner(app, auto_decompress=False)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        hub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        known = importlib.import_module(f"tests.frozen.v{version.replace('.', '_')}.facts").KNOWN
        bodies = {name: facts.KNOWN[name, v] for name, v in known if v == 1}
        telling = Telling(hub, tmp_path, bodies, "today")
        await telling.tell()
        return hub, telling

    yield tell
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize("version", VERSIONS)
async def test_today_s_agent_lives_with_an_old_hub(version: str, told: Callable[..., Any], tmp_path: Path) -> None:
    hub, telling = await told(version)
    assert hub.unknown == []
    await _ended_well(telling, tmp_path)


def _later(one: Exchanged) -> bytes:
    """The same reply from a hub of a later version."""
    reply = msgspec.json.decode(one.reply)
    if one.path != SYNC or one.status != 200:
        return msgspec.json.encode(reply | {"of_a_later_version": {"n": [1]}})
    reply |= {"of_a_later_version": [1], "features": ["teleport"]}
    for result in reply["results"]:
        result["of_a_later_version"] = True
    reply["results"].append({"lane": "biz", "epoch": 1, "verdict": "deferred", "acked": 0})
    for cursor in reply["cursors"]:
        cursor["of_a_later_version"] = 1
    for change in reply["changes"]:
        change["of_a_later_version"] = 1
    rev = reply["rev"]
    if reply["changes"]:
        reply["changes"] += [
            {"kind": "firmware", "rev": rev, "image": "…"},
            {"kind": "list", "rev": rev, "name": "holidays", "from_version": None, "to_version": 1,
             "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        ]  # fmt: skip
    return msgspec.json.encode(reply)


@pytest.mark.parametrize("version", VERSIONS)
async def test_today_s_agent_lives_with_a_hub_that_says_more_than_it_knows(
    version: str, told: Callable[..., Any], tmp_path: Path
) -> None:
    hub, telling = await told(version, _later)
    assert hub.unknown == []
    await _ended_well(telling, tmp_path)
    assert "holidays" in telling.states[-1].lists


async def _ended_well(telling: Telling, folder: Path) -> None:
    """All is at the hub, all lists are held and trusted, the orders are ended."""
    state = telling.states[-1]
    assert not any(one.suspect for one in state.lists.values())
    assert {"station", "vehicles", "tariffs", "cards", "voucher_keys"} <= state.lists.keys()
    assert state.profile.name == "Riverside Market"
    assert max(len(one.hub_orders) for one in telling.states) == 3
    store = await Store.open(folder / "station.db", clock=StoryClock(), ballast_bytes=65_536)
    assert not any(one.waiting for one in store.chains())
    await store.close()
