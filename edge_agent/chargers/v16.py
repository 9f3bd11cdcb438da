"""OCPP 1.6: a message becomes an input for the station, the station's answer becomes the reply. No rule lives here.

Every inbound message is read tolerantly (no schema), every answer is built from the library's own types.
StartTransaction, StopTransaction and MeterValues never get a CALLERROR: chargers throw the record away then.
"""

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import structlog
from ocpp import messages
from ocpp.charge_point import snake_to_camel_case
from ocpp.exceptions import OCPPError
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action

from edge_agent.chargers import translate16
from edge_agent.chargers.config import Ask, Tell, Timing
from edge_agent.chargers.record import ChargerRecord
from edge_agent.chargers.wire import Wire
from edge_agent.core.inputs import AuthorizeCard, CardAnswer, CardVerdict, ChargeAnswer, ChargerFound, Outcome
from edge_agent.core.orders import ChargerOrder, StartCharge
from protocols.charger import frames
from protocols.charger.profile import ChargerProfile, profile_for
from protocols.charger.reading import text
from protocols.values import rfc3339

log = structlog.get_logger(__name__)

messages.ASYNC_VALIDATION = False  # our own few calls are checked in place: no thread, no executor left behind

# The library logs every message, with its id tokens, at INFO.
_LIBRARY_LOG: Final = logging.getLogger("edge_agent.chargers.ocpp")
_LIBRARY_LOG.setLevel(logging.ERROR)

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[object]])


class LeftUnansweredError(BaseException):
    """The station could not take the message; silence makes the charger repeat it.

    No `Exception` on purpose: the library turns every Exception of a handler into a CALLERROR.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What a session needs from outside."""

    tell: Tell
    ask: Ask
    clock: Callable[[], dt.datetime]
    timing: Timing
    profiles: tuple[ChargerProfile, ...]


def _on(action: Action) -> Callable[[Handler], Handler]:
    return cast("Callable[[Handler], Handler]", on(action, skip_schema_validation=True))


class Session16(ChargePoint):  # type: ignore[misc]  # the library ships no types
    """One connection that speaks `ocpp1.6`."""

    def __init__(self, record: ChargerRecord, wire: Wire, door: Door) -> None:
        super().__init__(record.config.charger_id, wire, response_timeout=door.timing.call_s, logger=_LIBRARY_LOG)
        self._record = record
        self._wire = wire
        self._door = door
        self._awaited = ""

    async def run(self) -> None:
        """Serve until the connection is gone."""
        await self._wire.pump(self._answer, self._heard)

    async def close(self, code: int, reason: str) -> None:
        """Close the connection, telling the peer why."""
        await self._wire.close(code, reason)

    async def carry_out(self, order: ChargerOrder) -> tuple[Outcome, str]:
        """Ask the charger for a remote start or stop and wait for its word, the timeout or the line's end."""
        if isinstance(order, StartCharge):
            request = call.RemoteStartTransaction(id_tag=order.id_token, connector_id=order.connector_no or None)
        else:
            request = call.RemoteStopTransaction(transaction_id=order.transaction_id)
        self._awaited = str(uuid.uuid4())
        calling = asyncio.ensure_future(self.call(request, suppress=False, unique_id=self._awaited))
        lost = asyncio.ensure_future(self._wire.lost.wait())
        try:
            await asyncio.wait({calling, lost}, return_when=asyncio.FIRST_COMPLETED)
            return _ended(calling) if calling.done() else (Outcome.NO_ANSWER, "connection_lost")
        finally:
            self._awaited = ""
            calling.cancel()
            lost.cancel()
            await asyncio.gather(calling, lost, return_exceptions=True)

    def _heard(self, frame: frames.Frame) -> None:
        self._record.last_message_at = self._door.clock()
        self._record.counts["messages"] += 1
        if isinstance(frame, frames.Call):
            return
        if not self._awaited or frame.message_id != self._awaited:
            self._record.counts["stray_replies"] += 1
            return
        if isinstance(frame, frames.Reply):
            status = text(frame.payload, "status").capitalize()  # extra fields are the charger's own affair
            self._response_queue.put_nowait(messages.CallResult(frame.message_id, {"status": status}))
        else:
            self._response_queue.put_nowait(messages.CallError(frame.message_id, frame.code, frame.description, {}))

    async def _answer(self, request: frames.Call) -> None:
        if not request.whole:
            self._record.counts["malformed"] += 1
        try:
            await self._handle_call(messages.Call(request.message_id, request.action, request.payload))
        except LeftUnansweredError:
            self._record.counts["unanswered"] += 1
        except OCPPError as error:
            self._record.counts["refused"] += 1
            await self._wire.send(frames.write_failure(request.message_id, error.code, error.description))

    async def _asked(self, question: object) -> Any:
        """The station's answer, or silence: a full store or a slow one must not cost the record."""
        try:
            async with asyncio.timeout(self._door.timing.ask_s):
                return await self._door.ask(question)
        except Exception as error:  # whatever it is, a CALLERROR would be worse
            log.warning("station_did_not_take", charger_id=self.id, question=type(question).__name__, error=repr(error))
            raise LeftUnansweredError from error

    # --- transactions: always answered with a result, or not at all -----------------------------------

    @_on(Action.start_transaction)
    async def on_start(self, /, **snake: Any) -> object:
        """StartTransaction.req: ask the station, which knows repeats by their content."""
        record = self._record
        question = translate16.started(record, snake_to_camel_case(snake), self._door.clock())
        answer: ChargeAnswer = await self._asked(question)
        record.stops.forget()
        record.began(answer.transaction_id, question.connector_no)
        return call_result.StartTransaction(
            transaction_id=answer.transaction_id, id_tag_info=translate16.tag_info(answer.verdict)
        )

    @_on(Action.stop_transaction)
    async def on_stop(self, /, **snake: Any) -> object:
        """StopTransaction.req: also for a transaction that nobody knows."""
        payload = snake_to_camel_case(snake)
        await self._asked(translate16.stopped(self._record, payload, self._door.clock()))
        self._record.starts.forget()
        return call_result.StopTransaction()

    @_on(Action.meter_values)
    async def on_meter_values(self, /, **snake: Any) -> object:
        """MeterValues.req: what can be read is told, and all of it is acknowledged."""
        seen = translate16.metered(self._record, snake_to_camel_case(snake), self._door.clock())
        if seen:
            self._door.tell(seen)
        return call_result.MeterValues()

    # --- the rest of what a 1.6 charger may send ------------------------------------------------------

    @_on(Action.boot_notification)
    async def on_boot(self, /, **snake: Any) -> object:
        """BootNotification.req: who it is. A boot ends no transaction (P2)."""
        payload, record = snake_to_camel_case(snake), self._record
        record.vendor = text(payload, "chargePointVendor")
        record.model = text(payload, "chargePointModel")
        record.firmware = text(payload, "firmwareVersion")
        record.profile = profile_for(record.vendor, record.model, self._door.profiles)
        self._door.tell(
            ChargerFound(charger_id=self.id, vendor=record.vendor, model=record.model, firmware=record.firmware)
        )
        interval_s = record.profile.heartbeat_interval_s or self._door.timing.heartbeat_interval_s
        return call_result.BootNotification(
            current_time=rfc3339(self._door.clock()), interval=interval_s, status="Accepted"
        )

    @_on(Action.heartbeat)
    async def on_heartbeat(self, /, **_snake: Any) -> object:
        """Heartbeat.req: our clock is the charger's clock (P8)."""
        return call_result.Heartbeat(current_time=rfc3339(self._door.clock()))

    @_on(Action.status_notification)
    async def on_status(self, /, **snake: Any) -> object:
        """StatusNotification.req: told with the charger's own time, which may be old (P6, P20)."""
        seen = translate16.reported(self._record, snake_to_camel_case(snake), self._door.clock())
        self._record.show(seen.connector_no, seen.state.value, seen.reported_at)
        self._door.tell(seen)
        return call_result.StatusNotification()

    @_on(Action.authorize)
    async def on_authorize(self, /, **snake: Any) -> object:
        """Authorize.req: a card that the station cannot judge now is Invalid, never accepted."""
        token = text(snake_to_camel_case(snake), "idTag")
        try:
            answer: CardAnswer = await self._asked(AuthorizeCard(charger_id=self.id, id_token=token))
        except LeftUnansweredError:
            answer = CardAnswer(verdict=CardVerdict.INVALID)
        return call_result.Authorize(id_tag_info=translate16.tag_info(answer.verdict, answer.expires_at))

    @_on(Action.data_transfer)
    async def on_data_transfer(self, /, **_snake: Any) -> object:
        """DataTransfer.req: no vendor's extension is spoken here yet."""
        return call_result.DataTransfer(status="UnknownVendorId")

    @_on(Action.diagnostics_status_notification)
    async def on_diagnostics_status(self, /, **_snake: Any) -> object:
        """DiagnosticsStatusNotification.req: acknowledged."""
        return call_result.DiagnosticsStatusNotification()

    @_on(Action.firmware_status_notification)
    async def on_firmware_status(self, /, **_snake: Any) -> object:
        """FirmwareStatusNotification.req: acknowledged."""
        return call_result.FirmwareStatusNotification()

    @_on(Action.signed_firmware_status_notification)
    async def on_signed_firmware_status(self, /, **_snake: Any) -> object:
        """SignedFirmwareStatusNotification.req: acknowledged."""
        return call_result.SignedFirmwareStatusNotification()

    @_on(Action.log_status_notification)
    async def on_log_status(self, /, **_snake: Any) -> object:
        """LogStatusNotification.req: acknowledged."""
        return call_result.LogStatusNotification()

    @_on(Action.security_event_notification)
    async def on_security_event(self, /, **snake: Any) -> object:
        """SecurityEventNotification.req: logged for people."""
        payload = snake_to_camel_case(snake)
        log.warning("charger_security_event", charger_id=self.id, type=text(payload, "type"))
        return call_result.SecurityEventNotification()

    @_on(Action.sign_certificate)
    async def on_sign_certificate(self, /, **_snake: Any) -> object:
        """SignCertificate.req: the station signs no charger certificates."""
        return call_result.SignCertificate(status="Rejected")


def _ended(calling: "asyncio.Future[Any]") -> tuple[Outcome, str]:
    """What a finished call means for its order."""
    error = calling.exception()
    if error is None:
        accepted = calling.result().status == "Accepted"
        return (Outcome.DONE, "") if accepted else (Outcome.REFUSED, "rejected")
    if isinstance(error, TimeoutError):
        return Outcome.NO_ANSWER, "timeout"
    if isinstance(error, OCPPError):
        return Outcome.REFUSED, str(error.code)
    return Outcome.REFUSED, f"malformed_answer: {error!r}"[:200]
