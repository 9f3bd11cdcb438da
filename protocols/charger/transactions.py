"""OCPP 1.6 transaction messages, read tolerantly: every payload, however broken, becomes a record.

A charger that gets no answer repeats for ever or throws the record away, so nothing here may refuse.
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from protocols.charger.metering import Sample, samples_of
from protocols.charger.reading import integer, moment, text
from protocols.charger.words import reason_of_16


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A StartTransaction.req. `started_at` and `meter_start_wh` are None where the charger's were unreadable."""

    connector_no: int
    id_token: str
    meter_start_wh: int | None
    started_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A StopTransaction.req. A transaction id that could not be read is -1; a missing idTag is legal (None)."""

    transaction_id: int
    meter_stop_wh: int | None
    stopped_at: dt.datetime | None
    reason: str
    id_token: str | None
    samples: tuple[Sample, ...]


def content_key(charger_id: str, payload: dict[str, Any]) -> str:
    """A StartTransaction's identity by content: equal for every repeat, whatever its message id (P3, P4)."""
    canonical = json.dumps([charger_id, payload], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def start_of(payload: dict[str, Any], *, connectors: int) -> Start:
    """Read a StartTransaction.req; a charger with one connector means that one when it names none."""
    connector_no = integer(payload, "connectorId")
    if connector_no is None or connector_no < 0:
        connector_no = 1 if connectors == 1 else 0
    return Start(
        connector_no=connector_no,
        id_token=text(payload, "idTag"),
        meter_start_wh=integer(payload, "meterStart"),
        started_at=moment(payload.get("timestamp")),
    )


def stop_of(payload: dict[str, Any], *, fallback_at: dt.datetime, energy_unit: str = "Wh") -> Stop:
    """Read a StopTransaction.req. A missing meterStop is taken from the last energy in transactionData."""
    transaction_id = integer(payload, "transactionId")
    stopped_at = moment(payload.get("timestamp"))
    samples = samples_of(payload.get("transactionData"), fallback_at=stopped_at or fallback_at, energy_unit=energy_unit)
    meter_stop_wh = integer(payload, "meterStop")
    if meter_stop_wh is None:
        meter_stop_wh = next((s.energy_wh for s in reversed(samples) if s.energy_wh is not None), None)
    return Stop(
        transaction_id=-1 if transaction_id is None else transaction_id,
        meter_stop_wh=meter_stop_wh,
        stopped_at=stopped_at,
        reason=reason_of_16(text(payload, "reason")),
        id_token=text(payload, "idTag") or None,
        samples=samples,
    )
