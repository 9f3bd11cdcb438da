"""Charging at the station's chargers: who may, which transaction is which, what was metered, what it costs.

Transactions are known by content, not by message id: chargers repeat a StartTransaction under a new id, and use
one id for different calls. Every transaction message gets an answer; what contradicts is kept for a person.
"""

import dataclasses
import datetime as dt
import hashlib
from typing import Final

from edge_agent.core import lists
from edge_agent.core.billing import bill_of
from edge_agent.core.inputs import (
    AuthorizeCard,
    CardAnswer,
    CardVerdict,
    ChargeAnswer,
    ChargeMetered,
    ChargeStarted,
    ChargeStopped,
    ConnectorState,
    MeterSample,
)
from edge_agent.core.state import Session
from edge_agent.core.step import Step, with_item
from protocols.sync.facts import (
    ChargingMetered,
    ChargingOrphaned,
    ChargingStarted,
    ChargingStopped,
)
from protocols.tariff.tariff import Tariff, price_of_charge
from protocols.values import from_ms, to_ms

# Where transaction ids begin on a new card: seconds since then, so that a replaced card does not give old ids again.
IDS_SINCE_S: Final = 1_700_000_000
FORGOTTEN_AFTER_S: Final = 900.0  # a Stop that a charger still holds comes long before
KEEP_CLOSED_MS: Final = 7 * 24 * 3600 * 1000  # longer than any charger repeats a message


def authorize(step: Step, asked: AuthorizeCard) -> None:
    """May this card charge? The same card at its own running session is Accepted: it must be able to stop it."""
    verdict = (
        CardVerdict.ACCEPTED if _is_charging_at(step, asked) else _verdict(step, asked.id_token, step.now.earliest_ms)
    )
    card = lists.card(step.state, asked.id_token)
    expires = None if card is None or card.valid_to_ms is None else from_ms(card.valid_to_ms)
    step.answer = CardAnswer(verdict=verdict, expires_at=expires)


def _is_charging_at(step: Step, asked: AuthorizeCard) -> bool:
    return any(
        one.charger_id == asked.charger_id and _same_card(one.id_token, asked.id_token)
        for one in step.state.sessions.values()
        if one.stopped_at is None and one.verdict == CardVerdict.ACCEPTED
    )


def _same_card(one: str, other: str) -> bool:
    """OCPP 1.6 part 2, CiString20Type: case does not matter."""
    return one.casefold() == other.casefold()


def _verdict(step: Step, id_token: str, at_ms: int) -> CardVerdict:
    card = lists.card(step.state, id_token)
    if card is None or "charge" not in card.may:
        return CardVerdict.INVALID
    block = lists.block(step.state, card.account_id)
    if card.blocked or 0 < step.state.revoked_ms <= at_ms or (block is not None and block.since_ms <= at_ms):
        return CardVerdict.BLOCKED
    if card.valid_to_ms is not None and card.valid_to_ms <= at_ms:
        return CardVerdict.EXPIRED
    return CardVerdict.ACCEPTED


def started(step: Step, asked: ChargeStarted) -> None:
    """A transaction began. A repeat gets the answer of the first."""
    known = next((one for one in step.state.sessions.values() if _is_same(one, asked)), None)
    if known is not None:
        step.answer = ChargeAnswer(transaction_id=known.transaction_id, verdict=CardVerdict(known.verdict))
        return
    # A queued start is judged at its own time: the card was good when the charger let it begin.
    verdict = _verdict(step, asked.id_token, min(to_ms(asked.started_at), step.now.earliest_ms))
    if verdict is CardVerdict.ACCEPTED and _is_charging_elsewhere(step, asked):
        verdict = CardVerdict.CONCURRENT
    _close_what_the_charger_forgot(step, asked)
    session = Session(
        session_id=step.context.new_id(),
        charger_id=asked.charger_id,
        connector_no=asked.connector_no,
        transaction_id=_next_transaction_id(step),
        id_token=asked.id_token,
        verdict=verdict.value,
        meter_start_wh=asked.meter_start_wh,
        started_at=asked.started_at,
        tariff=_tariff_at(step, to_ms(asked.started_at)),
    )
    step.put_session(session)
    card = lists.card(step.state, asked.id_token)
    step.record(
        ChargingStarted(
            session_id=session.session_id,
            charger_id=session.charger_id,
            connector_no=session.connector_no,
            transaction_id=session.transaction_id,
            id_token=session.id_token,
            verdict=session.verdict,
            meter_start_wh=session.meter_start_wh,
            started_ms=to_ms(session.started_at),
            tariff_id=None if session.tariff is None else session.tariff.tariff_id,
            tariff_version=None if session.tariff is None else session.tariff.version,
            account_id=None if card is None else card.account_id,
            offline=not step.state.hub.online,
        )
    )
    step.answer = ChargeAnswer(transaction_id=session.transaction_id, verdict=verdict)


def _tariff_at(step: Step, started_ms: int) -> Tariff | None:
    """What was valid then; a charger whose clock is nowhere near any tariff gets today's."""
    then = lists.tariff_for(step.state, "charging", started_ms)
    return then or lists.tariff_at(step.state, "charging", step.now)


def _is_same(session: Session, asked: ChargeStarted) -> bool:
    return (
        session.charger_id == asked.charger_id
        and session.connector_no == asked.connector_no
        and session.id_token == asked.id_token
        and session.started_at == asked.started_at
        and session.meter_start_wh == asked.meter_start_wh
    )


def _is_charging_elsewhere(step: Step, asked: ChargeStarted) -> bool:
    return any(
        _same_card(one.id_token, asked.id_token)
        and one.stopped_at is None
        and one.verdict == CardVerdict.ACCEPTED
        and (one.charger_id, one.connector_no) != (asked.charger_id, asked.connector_no)
        for one in step.state.sessions.values()
    )


def _close_what_the_charger_forgot(step: Step, asked: ChargeStarted) -> None:
    """A new transaction on a connector ends an older open one there; the real Stop may still come and correct it."""
    for one in list(step.state.sessions.values()):
        here = (one.charger_id, one.connector_no) == (asked.charger_id, asked.connector_no)
        if here and one.stopped_at is None and one.started_at < asked.started_at:
            # Without any sample the register at the next start is all that is known.
            energy = asked.meter_start_wh if one.last_energy_wh is None else one.last_energy_wh
            _close(step, one, meter_stop_wh=energy, stopped_at_ms=to_ms(asked.started_at), reason="inferred")


def _next_transaction_id(step: Step) -> int:
    number = step.state.next_transaction_id
    if number == 1:
        number = max(1, step.now_ms // 1000 - IDS_SINCE_S)
    step.change(next_transaction_id=number + 1)
    return number


def metered(step: Step, seen: ChargeMetered) -> None:
    """Meter values of a session; without a known transaction id they belong to what runs on the connector."""
    session = _numbered(step, seen.charger_id, seen.transaction_id)
    if session is not None:
        _take_samples(step, session, seen.samples)
        return
    session = _running(step, seen.charger_id, seen.connector_no)
    if session is not None:  # what the meter said before the session began belongs to nobody
        later = tuple(one for one in seen.samples if one.sampled_at >= session.started_at)
        _take_samples(step, session, later)


def _take_samples(step: Step, session: Session, samples: tuple[MeterSample, ...]) -> Session:
    """Each instant once, in the charger's order."""
    for sample in sorted(samples, key=lambda one: one.sampled_at):
        sampled_ms = to_ms(sample.sampled_at)
        if sampled_ms <= session.last_sample_ms:
            continue
        step.record(
            ChargingMetered(
                session_id=session.session_id,
                sampled_ms=sampled_ms,
                energy_wh=sample.energy_wh,
                power_w=sample.power_w,
                current_a=sample.current_a,
                voltage_v=sample.voltage_v,
                soc_pct=sample.soc_pct,
            )
        )
        session = dataclasses.replace(
            session,
            last_sample_ms=sampled_ms,
            last_energy_wh=session.last_energy_wh if sample.energy_wh is None else sample.energy_wh,
            last_power_w=session.last_power_w if sample.power_w is None else sample.power_w,
            last_soc_pct=session.last_soc_pct if sample.soc_pct is None else sample.soc_pct,
        )
    step.put_session(session)
    return session


def stopped(step: Step, asked: ChargeStopped) -> None:
    """A transaction ended. Repeats change nothing; a real Stop corrects an inferred one; a stranger is kept."""
    session = _numbered(step, asked.charger_id, asked.transaction_id)
    if session is None and not _is_repeat(step, asked):
        session = _stopped_without_number(step, asked)
        if session is None:
            _keep_orphan(step, asked)
    if session is None:
        return
    if session.stopped_at is not None and not session.inferred:
        return
    session = _take_samples(step, session, asked.samples)
    _close(
        step,
        session,
        meter_stop_wh=asked.meter_stop_wh,
        stopped_at_ms=to_ms(asked.stopped_at),
        reason=asked.reason,
    )


def _numbered(step: Step, charger_id: str, transaction_id: int | None) -> Session | None:
    ours = (one for one in step.state.sessions.values() if one.charger_id == charger_id)
    return next((one for one in ours if one.transaction_id == transaction_id), None)


def _running(step: Step, charger_id: str, connector_no: int) -> Session | None:
    """What runs on the connector (0: anywhere at the charger), if only one session does."""
    running = [
        one
        for one in step.state.sessions.values()
        if one.charger_id == charger_id and one.stopped_at is None and connector_no in (0, one.connector_no)
    ]
    return running[0] if len(running) == 1 else None


def _stopped_without_number(step: Step, asked: ChargeStopped) -> Session | None:
    """A number that we never gave means what runs at the charger, if time and register agree. Remembered."""
    found = _running(step, asked.charger_id, 0)
    if found is None or asked.stopped_at < found.started_at or asked.meter_stop_wh < found.meter_start_wh:
        return None
    step.change(orphans=with_item(step.state.orphans, _content(asked), step.now_ms))
    return found


def _close(step: Step, session: Session, *, meter_stop_wh: int, stopped_at_ms: int, reason: str) -> None:
    # A refused card's session may end with a register of 0 (seen on real firmware): energy is never negative.
    energy_wh = max(0, meter_stop_wh - session.meter_start_wh)
    step.put_session(
        dataclasses.replace(
            session,
            stopped_at=from_ms(stopped_at_ms),
            inferred=reason == "inferred",
            last_energy_wh=meter_stop_wh,
            last_power_w=0.0,
            closed_ms=step.now_ms,
        )
    )
    bill = None
    if session.tariff is not None and session.verdict == CardVerdict.ACCEPTED:
        bill = bill_of(session.tariff, price_of_charge(session.tariff, energy_wh))
    step.record(
        ChargingStopped(
            session_id=session.session_id,
            meter_stop_wh=meter_stop_wh,
            energy_wh=energy_wh,
            stopped_ms=stopped_at_ms,
            reason=reason,
            bill=bill,
        )
    )


def _content(asked: ChargeStopped) -> str:
    content = f"{asked.charger_id}|{asked.transaction_id}|{asked.meter_stop_wh}|{to_ms(asked.stopped_at)}"
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _is_repeat(step: Step, asked: ChargeStopped) -> bool:
    return _content(asked) in step.state.orphans


def _keep_orphan(step: Step, asked: ChargeStopped) -> None:
    """A Stop for a transaction that never began here."""
    step.change(orphans=with_item(step.state.orphans, _content(asked), step.now_ms))
    step.record(
        ChargingOrphaned(
            charger_id=asked.charger_id,
            transaction_id=asked.transaction_id,
            meter_stop_wh=asked.meter_stop_wh,
            stopped_ms=to_ms(asked.stopped_at),
            reason=asked.reason,
            id_token=asked.id_token,
        )
    )


def close_forgotten(step: Step) -> None:
    """A connector that has been free for a while ends what ran on it: a lost Stop must not hold a card for ever."""
    for one in list(step.state.sessions.values()):
        free_at = _free_since(step, one)
        if one.stopped_at is None and free_at is not None:
            energy = one.meter_start_wh if one.last_energy_wh is None else one.last_energy_wh
            _close(step, one, meter_stop_wh=energy, stopped_at_ms=to_ms(free_at), reason="inferred")


def _free_since(step: Step, session: Session) -> dt.datetime | None:
    charger = step.state.chargers.get(session.charger_id)
    connector = None if charger is None else charger.connectors.get(session.connector_no)
    if connector is None or connector.state is not ConnectorState.AVAILABLE:
        return None
    is_later = connector.reported_at > session.started_at and to_ms(connector.reported_at) >= session.last_sample_ms
    for_long = step.now.mono_s - connector.since_mono_s > FORGOTTEN_AFTER_S
    return connector.reported_at if is_later and for_long else None
