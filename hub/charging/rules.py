"""Pure: what a charging session is after another fact. Facts may come in any order.

A station that lost a charger infers the end of its session; when the charger comes back and tells the real end,
that one stands, in whatever order the two arrive.
"""

import uuid
from typing import Any, Final, TypeAlias

import msgspec

from hub.events import Billed
from protocols.errors import Malformed, Refused
from protocols.sync import facts
from protocols.tariff.tariff import Tariff, price_of_charge
from protocols.values import from_ms

Row: TypeAlias = dict[str, Any]
INFERRED: Final = "inferred"
ACCEPTED: Final = "accepted"
_TOLD_AT_START: Final = (
    "charger_id", "connector_no", "transaction_id", "id_token", "verdict", "account_id", "offline", "meter_start_wh",
    "started_at",
)  # fmt: skip
_TOLD_AT_STOP: Final = (
    "meter_stop_wh", "energy_wh", "stopped_at", "stop_reason", "currency", "total_minor", "tax_minor", "bill",
)  # fmt: skip
UNCERTAIN_S: Final = 2.0  # what people are told of
CERTAIN: Final[Row] = {"started_uncertainty_s": 0.0, "stopped_uncertainty_s": 0.0}
_OTHERS: Final = ("tariff_id", "tariff_version", "stop_hlc", "price_checked")


def new_session(session_id: uuid.UUID, station_id: uuid.UUID, created_at: object) -> Row:
    """A session of which nothing is told yet."""
    empty: Row = dict.fromkeys((*_TOLD_AT_START, *_TOLD_AT_STOP, *_OTHERS))
    return empty | {"id": session_id, "station_id": station_id, "created_at": created_at, "state": "running"} | CERTAIN


def after_start(row: Row, station_id: uuid.UUID, fact: facts.ChargingStarted, uncertainty_s: float = 0.0) -> Row:
    """The session after it began, or after its beginning was dated better.

    Raises Refused `contradiction`, or ValueError for an impossible instant.
    """
    _same_station(row, station_id)
    told = {
        "charger_id": fact.charger_id,
        "connector_no": fact.connector_no,
        "transaction_id": fact.transaction_id,
        "id_token": fact.id_token,
        "verdict": fact.verdict,
        "account_id": fact.account_id,
        "offline": fact.offline,
        "meter_start_wh": fact.meter_start_wh,
        "started_at": from_ms(fact.started_ms),
    }
    doubtful = uncertainty_s > 0 or row["started_uncertainty_s"] > 0
    told_now = {**told, "started_uncertainty_s": uncertainty_s}
    if row["started_at"] is not None:
        fixed = (name for name in told if not (doubtful and name == "started_at"))
        wrong = next((name for name in fixed if row[name] != told[name]), None)
        if wrong is not None:
            raise Refused("contradiction", field=wrong)
        return row | told_now if doubtful else row
    tariff = {"tariff_id": row["tariff_id"] or fact.tariff_id}
    tariff["tariff_version"] = row["tariff_version"] or fact.tariff_version
    return _with_state(row | told_now | tariff)


def after_stop(
    row: Row, station_id: uuid.UUID, fact: facts.ChargingStopped, hlc: int, uncertainty_s: float = 0.0
) -> Row:
    """The session after an end was told. Of two ends the real one stands; of two real ones that differ, the first."""
    _same_station(row, station_id)
    told = _told_by_stop(fact)
    doubtful = uncertainty_s > 0 or row["stopped_uncertainty_s"] > 0
    if row["stopped_at"] is not None and doubtful and _differs_by_date(row, told):
        return row | told | {"stop_hlc": hlc, "stopped_uncertainty_s": uncertainty_s}
    if row["stopped_at"] is not None:
        same = all(row[name] == value for name, value in told.items())
        if same:
            return row
        if fact.reason != INFERRED and row["stop_reason"] != INFERRED:
            raise Refused("contradiction", field="stopped_at")
        if fact.reason == INFERRED and (row["stop_reason"] != INFERRED or hlc <= row["stop_hlc"]):
            return row
    after = row | told | {"stop_hlc": hlc, "stopped_uncertainty_s": uncertainty_s}
    if fact.bill is not None:
        after |= {"tariff_id": fact.bill.tariff_id, "tariff_version": fact.bill.tariff_version}
    return _with_state(after)


def _differs_by_date(row: Row, told: Row) -> bool:
    """The same end, dated better."""
    return all(row[name] == value for name, value in told.items() if name != "stopped_at")


def orphan(fact_id: uuid.UUID, station_id: uuid.UUID, created_at: object, fact: facts.ChargingOrphaned) -> Row:
    """The end of a transaction that this station never began; a person looks at it."""
    return new_session(fact_id, station_id, created_at) | {
        "state": "orphaned",
        "charger_id": fact.charger_id,
        "transaction_id": fact.transaction_id,
        "id_token": fact.id_token,
        "meter_stop_wh": fact.meter_stop_wh,
        "stopped_at": from_ms(fact.stopped_ms),
        "stop_reason": fact.reason,
    }


def is_right(row: Row, tariff: Tariff) -> bool:
    """Whether the station's total and tax are what this tariff version makes of the energy."""
    price = price_of_charge(tariff, row["energy_wh"])
    wanted = (row["currency"], row["total_minor"], row["tax_minor"])
    return (price.currency, price.total_minor, price.tax_minor) == wanted


def _told_by_stop(fact: facts.ChargingStopped) -> Row:
    bill = fact.bill
    if bill is not None and len(bill.currency) != 3:
        raise Malformed("bad_currency", bill.currency[:20])
    return {
        "meter_stop_wh": fact.meter_stop_wh,
        "energy_wh": fact.energy_wh,
        "stopped_at": from_ms(fact.stopped_ms),
        "stop_reason": fact.reason,
        "currency": None if bill is None else bill.currency,
        "total_minor": None if bill is None else bill.total_minor,
        "tax_minor": None if bill is None else bill.tax_minor,
        "bill": None if bill is None else msgspec.to_builtins(bill.lines),
    }


def _with_state(row: Row) -> Row:
    if row["verdict"] is not None and row["verdict"] != ACCEPTED:
        state = "refused"
    elif row["stopped_at"] is None:
        state = "running"
    else:
        state = "inferred" if row["stop_reason"] == INFERRED else "ended"
    return row | {"state": state}


def _same_station(row: Row, station_id: uuid.UUID) -> None:
    if row["station_id"] != station_id:
        raise Refused("contradiction", field="station_id")


def bill_between(before: Row | None, after: Row) -> Billed | None:
    """What the session costs now, when that is another sum, or another person's, than before."""
    old, new = _bill(before), _bill(after)
    return new if new != old else None


def _bill(row: Row | None) -> Billed | None:
    if row is None or row["total_minor"] is None or row["currency"] is None:
        return None
    return Billed(
        use="charging", subject_id=row["id"], account_id=row["account_id"], station_id=row["station_id"],
        currency=row["currency"], total_minor=row["total_minor"], tax_minor=row["tax_minor"] or 0,
    )  # fmt: skip
