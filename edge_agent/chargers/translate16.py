"""OCPP 1.6 payloads → inputs for the station, filling what a broken message leaves out from what we remember.

No socket and no library here; what a field means is read by `protocols.charger`.
"""

import datetime as dt
from typing import Any

from edge_agent.chargers.record import ChargerRecord
from edge_agent.core.inputs import (
    CardVerdict,
    ChargeMetered,
    ChargeStarted,
    ChargeStopped,
    ConnectorReported,
    ConnectorState,
    MeterSample,
)
from protocols.charger import transactions, words
from protocols.charger.metering import Sample, samples_of
from protocols.charger.reading import integer, moment, text
from protocols.values import rfc3339


def started(record: ChargerRecord, payload: dict[str, Any], now: dt.datetime) -> ChargeStarted:
    """A StartTransaction.req. A repeat of a message without time or register gets those of the first one."""
    charger_id = record.config.charger_id
    start = transactions.start_of(payload, connectors=record.config.connectors)
    started_at, meter_start_wh = start.started_at, start.meter_start_wh
    if started_at is None or meter_start_wh is None:
        record.counts["malformed"] += 1
        key = transactions.content_key(charger_id, payload)
        seen_at, register_wh = record.starts.of(key, now, record.registers_wh.get(start.connector_no, 0))
        started_at = started_at or seen_at
        meter_start_wh = register_wh if meter_start_wh is None else meter_start_wh
    return ChargeStarted(
        charger_id=charger_id,
        connector_no=start.connector_no,
        id_token=start.id_token,
        meter_start_wh=meter_start_wh,
        started_at=started_at,
    )


def stopped(record: ChargerRecord, payload: dict[str, Any], now: dt.datetime) -> ChargeStopped:
    """A StopTransaction.req, also of a transaction that nobody knows. A missing register is the last one heard."""
    charger_id, unit = record.config.charger_id, record.profile.energy_unit_when_missing
    stop = transactions.stop_of(payload, fallback_at=now, energy_unit=unit)
    stopped_at, meter_stop_wh = stop.stopped_at, stop.meter_stop_wh
    if stopped_at is None or meter_stop_wh is None:
        record.counts["malformed"] += 1
        key = transactions.content_key(charger_id, payload)
        seen_at, register_wh = record.stops.of(key, now, record.register_of(stop.transaction_id))
        stop = transactions.stop_of(payload, fallback_at=stopped_at or seen_at, energy_unit=unit)
        stopped_at = stopped_at or seen_at
        meter_stop_wh = register_wh if meter_stop_wh is None else meter_stop_wh
    return ChargeStopped(
        charger_id=charger_id,
        transaction_id=stop.transaction_id,
        meter_stop_wh=meter_stop_wh,
        stopped_at=stopped_at,
        reason=stop.reason,
        id_token=stop.id_token,
        samples=_ours(stop.samples),
    )


def metered(record: ChargerRecord, payload: dict[str, Any], now: dt.datetime) -> ChargeMetered | None:
    """A MeterValues.req; None where nothing in it could be read. Remembers the connector's register."""
    connector_no = integer(payload, "connectorId")
    if connector_no is None or connector_no < 0:
        connector_no = 1 if record.config.connectors == 1 else 0
    unit = record.profile.energy_unit_when_missing
    samples = samples_of(payload.get("meterValue"), fallback_at=now, energy_unit=unit)
    if not samples:
        record.counts["malformed"] += 1
        return None
    for sample in samples:
        if sample.energy_wh is not None:
            record.registers_wh[connector_no] = sample.energy_wh
    transaction_id = integer(payload, "transactionId")
    return ChargeMetered(
        charger_id=record.config.charger_id,
        connector_no=connector_no,
        transaction_id=transaction_id if transaction_id and transaction_id > 0 else None,
        samples=_ours(samples),
    )


def reported(record: ChargerRecord, payload: dict[str, Any], now: dt.datetime) -> ConnectorReported:
    """A StatusNotification.req with the charger's own time, which may be old (P6, P20)."""
    state = ConnectorState(words.state_of_16(text(payload, "status")))
    return ConnectorReported(
        charger_id=record.config.charger_id,
        connector_no=max(integer(payload, "connectorId") or 0, 0),
        state=state,
        error_code=text(payload, "errorCode") or "NoError",
        reported_at=moment(payload.get("timestamp")) or now,
    )


def tag_info(verdict: CardVerdict, expires_at: dt.datetime | None = None) -> dict[str, str | None]:
    """IdTagInfo (1.6 §7.27) in the library's spelling."""
    return {
        "status": words.STATUS_OF_VERDICT_16[verdict.value],
        "expiry_date": rfc3339(expires_at) if expires_at else None,
    }


def _ours(samples: tuple[Sample, ...]) -> tuple[MeterSample, ...]:
    return tuple(
        MeterSample(
            sampled_at=sample.sampled_at,
            energy_wh=sample.energy_wh,
            power_w=sample.power_w,
            current_a=sample.current_a,
            voltage_v=sample.voltage_v,
            soc_pct=sample.soc_pct,
        )
        for sample in samples
    )
