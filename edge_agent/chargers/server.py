"""The OCPP central system of the station: accepts chargers, hands them orders, tells the station what they say.

Rules about cards, transactions and energy live in the core; words of one OCPP version in its own module.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from edge_agent.chargers import handshake
from edge_agent.chargers.config import Ask, ChargerConfig, Tell, Timing
from edge_agent.chargers.desk import OrderDesk
from edge_agent.chargers.profiles import shipped_profiles
from edge_agent.chargers.record import ChargerRecord, Session
from edge_agent.chargers.v16 import Door, Session16
from edge_agent.chargers.wire import Wire
from edge_agent.core.inputs import ChargerFound, ChargerLost
from edge_agent.core.orders import ChargerOrder

log = structlog.get_logger(__name__)

# Subprotocol → who speaks it. 2.0.1 and 2.1 will be a line each.
VERSIONS: Final[dict[str, Callable[[ChargerRecord, Wire, Door], Session]]] = {"ocpp1.6": Session16}

MAX_MESSAGE_BYTES: Final = 1 << 20  # a StopTransaction with a day of transactionData is some 300 kB
POLICY_VIOLATION: Final = 1008
PROTOCOL_ERROR: Final = 1002

# Small windows: 4 KiB instead of 40 KiB per idle charger, and still a third of the bytes.
_DEFLATE: Final = ServerPerMessageDeflateFactory(
    server_max_window_bits=10, client_max_window_bits=10, compress_settings={"memLevel": 3}
)


class OcppServer:
    """Serves ``ws://host:port/ocpp/{charge_point_id}``. All methods belong to the event loop's thread."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        chargers: Sequence[ChargerConfig],
        tell: Tell,
        ask: Ask,
        clock: Callable[[], dt.datetime],
        timing: Timing | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._configs = {config.charger_id: config for config in chargers}
        self._records = {config.charger_id: ChargerRecord(config=config) for config in chargers}
        self._timing = timing or Timing()
        self._tell = tell
        self._door = Door(tell=tell, ask=ask, clock=clock, timing=self._timing, profiles=shipped_profiles())
        self._group: asyncio.TaskGroup | None = None
        self._desk = OrderDesk(self._records, tell)
        self._bound: int | None = None
        self._listening = asyncio.Event()

    @property
    def port(self) -> int | None:
        """The port that is bound; None while not listening."""
        return self._bound

    async def listening(self) -> int:
        """Wait until chargers can connect; returns the bound port."""
        await self._listening.wait()
        assert self._bound is not None  # noqa: S101  # set before the event
        return self._bound

    def send(self, order: ChargerOrder) -> None:
        """Queue the order and return at once; it ends in exactly one `ChargerOrderEnded`."""
        self._desk.take(order)

    async def run(self) -> None:
        """Listen and serve until cancelled. Raises OSError when the port cannot be bound."""
        try:
            async with self._listen() as server:
                self._bound = server.sockets[0].getsockname()[1]
                self._listening.set()
                async with asyncio.TaskGroup() as group:
                    self._group = group
                    group.create_task(self._desk.run())
                    await server.serve_forever()
        finally:
            self._group = None
            self._bound = None
            self._listening.clear()

    def snapshot(self) -> dict[str, Any]:
        """For health pages: plain values only."""
        chargers = {charger_id: record.snapshot() for charger_id, record in self._records.items()}
        return {"port": self._bound, "chargers": chargers}

    def _listen(self) -> Server:
        return serve(
            self._serve,
            self._host,
            self._port,
            process_request=self._check,
            select_subprotocol=self._choose,
            compression=None,
            extensions=[_DEFLATE],
            max_size=MAX_MESSAGE_BYTES,
            max_queue=8,
            ping_interval=self._timing.ping_interval_s,
            ping_timeout=self._timing.ping_timeout_s,
            close_timeout=self._timing.close_s,
            server_header=None,
        )

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        refusal = handshake.may_enter(connection, request, self._configs)
        if refusal is not None:
            log.warning("charger_refused", path=request.path[:200], status=refusal.status_code)
        return refusal

    @staticmethod
    def _choose(_connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return handshake.choose(offered, tuple(VERSIONS))

    async def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        charger_id = handshake.charger_id_of(request.path) if request else None
        if request is None or charger_id is None:
            return
        if connection.subprotocol is None and "Sec-WebSocket-Protocol" in request.headers:
            # OCPP-J 1.6 §3.2: complete the handshake without the header, then close.
            await connection.close(PROTOCOL_ERROR, "no common subprotocol")
            return
        version = (connection.subprotocol or handshake.ASSUMED).casefold()
        record = self._records[charger_id]
        session = VERSIONS[version](record, Wire(connection, self._timing, record.counts), self._door)
        await self._hold(record, session, version)

    async def _hold(self, record: ChargerRecord, session: Session, version: str) -> None:
        charger_id = record.config.charger_id
        self._replace(record, record.take_over(session, version))
        record.counts["connections"] += 1
        log.info("charger_connected", charger_id=charger_id, version=version)
        self._tell(
            ChargerFound(charger_id=charger_id, vendor=record.vendor, model=record.model, firmware=record.firmware)
        )
        try:
            await session.run()
        finally:
            if record.release(session):
                log.info("charger_lost", charger_id=charger_id)
                self._tell(ChargerLost(charger_id=charger_id))

    def _replace(self, record: ChargerRecord, previous: Session | None) -> None:
        """The newest socket wins: a charger knows better than we whether its old line is dead (P19)."""
        if previous is None or self._group is None:
            return
        record.counts["replaced"] += 1
        log.warning("charger_replaced_connection", charger_id=record.config.charger_id)
        self._group.create_task(previous.close(POLICY_VIOLATION, "replaced by a newer connection"))
