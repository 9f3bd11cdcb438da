"""A whole station for measuring: simulated docks on a pseudo-terminal and a real agent process, without a hub.

The agent's store is filled beforehand with the lists that a hub would have sent.
"""

import asyncio
import contextlib
import datetime as dt
import json
import secrets
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.app import NOBODY, STORE_FILE
from edge_agent.core.inputs import ChangesArrived
from edge_agent.core.state import State
from edge_agent.runtime.clock import SystemClock, new_id
from edge_agent.station.dispatch import Dispatch
from edge_agent.station.loop import Station
from edge_agent.store import reading
from edge_agent.store.store import Store
from firmware_sim.clock import SimClock
from firmware_sim.deeds import Deeds
from firmware_sim.demo.ports import free_ports
from firmware_sim.docks.line import DockLine
from firmware_sim.plan import DockPlan, StationPlan, VehiclePlan, dock_secret
from firmware_sim.yard import Yard
from protocols.sync.changes import Item, StationItem, TariffItem, VehicleItem, VoucherKeyItem
from protocols.sync.envelope import ListChange, digest_of, encode
from protocols.values import UTC, to_ms
from protocols.voucher.voucher import Voucher, issue

KID = b"bench"
TARIFF = uuid.UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0201)


def plan_of(docks: int) -> StationPlan:
    """So many latches, a charged scooter in each."""
    return StationPlan(
        docks=tuple(DockPlan(dock_no=number) for number in range(1, docks + 1)),
        vehicles=tuple(
            VehiclePlan(
                vehicle_id=uuid.UUID(int=0x0190 << 112 | 7 << 76 | 1 << 63 | number),
                label=f"V-{number:03d}",
                picture="scooter",
                soc=0.99,
                dock_no=number,
            )
            for number in range(1, docks + 1)
        ),
        chargers=(),
    )


@dataclass(slots=True)
class Rig:
    """What a journey or a benchmark works with. `agent` is None while it is dead."""

    api: str
    folder: Path
    config: Path
    yard: Yard
    line: DockLine
    http: aiohttp.ClientSession
    key: Ed25519PrivateKey
    docks: int
    agent: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the agent and wait until every dock has spoken."""
        self.agent = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "edge_agent",
            "run",
            "--config",
            str(self.config),
            stderr=asyncio.subprocess.DEVNULL,
        )
        await _ready(self)

    def kill_now(self) -> None:
        """kill -9, at this very instruction."""
        if self.agent is not None and self.agent.returncode is None:
            self.agent.kill()

    async def dead(self) -> None:
        """Wait until a killed agent is gone."""
        if self.agent is not None:
            await self.agent.wait()
            self.agent = None

    async def stop(self) -> None:
        """End the agent as systemd would."""
        if self.agent is not None and self.agent.returncode is None:
            self.agent.terminate()
        await self.dead()

    def voucher(self) -> str:
        """A fresh voucher of a fresh account, good here for a day."""
        now = dt.datetime.now(UTC)
        voucher = Voucher(
            voucher_id=new_id(),
            account_id=new_id(),
            may=("rent",),
            stations=(NOBODY,),
            not_before=now - dt.timedelta(minutes=1),
            expires=now + dt.timedelta(days=1),
        )
        return issue(voucher, self.key, KID)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """POST to the kiosk's API. Raises RuntimeError for anything but success."""
        async with self.http.post(self.api + path, json=body or {}) as response:
            document: dict[str, Any] = await response.json(content_type=None)
            if response.status >= 300:
                raise RuntimeError(f"{path}: {document}")
            return document

    async def get(self, path: str) -> dict[str, Any]:
        """GET from the kiosk's API."""
        async with self.http.get(self.api + path) as response:
            document: dict[str, Any] = await response.json(content_type=None)
            return document

    def facts(self, *types: str) -> list[dict[str, Any]]:
        """The bodies of all facts of these types in the station's file, in order. Reads the file itself."""
        path = self.folder / STORE_FILE
        records = [json.loads(line)["record"] for line in reading.export(path)]
        return [{"type": one["type"], **one["body"]} for one in records if one["type"] in types]


@contextlib.asynccontextmanager
async def rig(
    folder: Path,
    *,
    docks: int,
    baud: int | None,
    watch: Callable[[str, bytes], None] | None = None,
    pull_out_s: int = 60,
) -> AsyncIterator[Rig]:
    """Start everything, wait until every dock shows its vehicle, and stop it all at the end.

    `pull_out_s` is how long a dock stays open for a person.
    """
    plan = plan_of(docks)
    secret, key = secrets.token_bytes(16), Ed25519PrivateKey.generate()
    yard = Yard(plan, station_secret=secret, clock=SimClock(speed=1.0), deeds=Deeds())
    for one in plan.vehicles:
        yard.place(one.vehicle_id, one.dock_no)
    line = DockLine(yard.docks.values(), baud=baud, watch=watch)
    await _fill_store(folder, plan, key, pull_out_s)
    port = _free_port()
    config = _write_config(folder, plan, line.path, secret, port, baud)
    serving = asyncio.create_task(line.run())
    try:
        async with aiohttp.ClientSession() as http:
            made = Rig(
                api=f"http://127.0.0.1:{port}",
                folder=folder,
                config=config,
                yard=yard,
                line=line,
                http=http,
                key=key,
                docks=docks,
            )
            try:
                await made.start()
                yield made
            finally:
                await made.stop()
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _ready(made: Rig) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(aiohttp.ClientError):
            view = await made.get("/api/view")
            if len(view["docks"]) == made.docks and all(_has_spoken(dock) for dock in view["docks"]):
                return
        await asyncio.sleep(0.05)
    raise TimeoutError("the station did not come up")


def _has_spoken(dock: dict[str, Any]) -> bool:
    vehicle = dock["vehicle"]
    return dock["state"] != "unknown" and (vehicle is None or vehicle["soc_pct"] is not None)


async def _fill_store(folder: Path, plan: StationPlan, key: Ed25519PrivateKey, pull_out_s: int) -> None:
    clock = SystemClock()
    profile = StationItem(key="self", name="Bench", number="1", timezone="UTC", currency="EUR", pull_out_s=pull_out_s)
    store = await Store.open(folder / STORE_FILE, clock=clock)
    station = Station(
        state=State(station_id=NOBODY, profile=profile), journal=store, dispatch=Dispatch(), clock=clock, new_id=new_id
    )
    running = asyncio.create_task(station.run())
    changes = tuple(
        encode(_list(number, name, items)) for number, (name, items) in enumerate(_lists(plan, key, profile), 1)
    )
    await station.ask(ChangesArrived(rev=len(changes), changes=changes))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()


def _lists(plan: StationPlan, key: Ed25519PrivateKey, profile: StationItem) -> list[tuple[str, list[Item]]]:
    now_ms = to_ms(dt.datetime.now(UTC))
    vehicles: list[Item] = [
        VehicleItem(
            key=str(one.vehicle_id), label=one.label, kind="scooter", model="Bench", dock_kind="latch", full_range_km=70
        )
        for one in plan.vehicles
    ]
    tariff = TariffItem(
        key=f"{TARIFF}/1",
        tariff_id=TARIFF,
        version=1,
        name="Bench",
        use="rental",
        currency="EUR",
        valid_from_ms=0,
        unlock_minor=100,
        per_minute_minor=19,
    )
    signing = VoucherKeyItem(
        key=KID.hex(),
        public_key=key.public_key().public_bytes_raw().hex(),
        valid_from_ms=now_ms - 86_400_000,
        valid_to_ms=now_ms + 86_400_000,
    )
    return [("station", [profile]), ("vehicles", vehicles), ("tariffs", [tariff]), ("voucher_keys", [signing])]


def _list(rev: int, name: str, items: list[Item]) -> ListChange:
    raws = [msgspec.Raw(msgspec.json.encode(item)) for item in items]
    digest = digest_of([(item.key, raw) for item, raw in zip(items, raws, strict=True)])
    return ListChange(rev=rev, name=name, from_version=None, to_version=1, sha256=digest, upserts=raws)


def _write_config(
    folder: Path, plan: StationPlan, port_path: str, secret: bytes, kiosk_port: int, baud: int | None
) -> Path:
    lines = [
        f'data_dir = "{folder}"',
        "[kiosk]",
        f"port = {kiosk_port}",
        "[docks]",
        f'port = "{port_path}"',
        f"baud = {baud or 115_200}",
    ]
    for dock in plan.docks:
        lines += [
            "[[docks.dock]]",
            f"no = {dock.dock_no}",
            f"address = {dock.dock_no}",
            f'secret = "{dock_secret(secret, dock.dock_no).hex()}"',
        ]
    path = folder / "edge.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _free_port() -> int:
    return free_ports().kiosk
