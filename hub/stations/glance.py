"""Pure: what is worth seeing at a glance of a station's picture, its devices, and what its last sync said.

A picture comes from the station and may hold anything: what does not fit is not counted.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from hub.stations.rules import ONLINE_S
from protocols.sync.clock import TRUSTED as _TRUSTED
from protocols.sync.envelope import Backlog, Clock, Health
from protocols.values import to_ms

Row: TypeAlias = dict[str, Any]
LATE_S: Final = 300.0  # what waits longer than this at a station that is heard of is late
TRUSTED: Final = frozenset(quality.value for quality in _TRUSTED)
_SOC_STEP: Final = 5.0  # a charge that goes on is worth a look every so many percent
_MOST: Final = 500  # things of one kind in one picture
_WORD: Final = 40


def is_online(seen: dt.datetime | None, left: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether the station was heard of lately and has not said goodbye since.

    What was written down under a clock that was far ahead says nothing.
    """
    if seen is None or abs((now - seen).total_seconds()) > ONLINE_S:
        return False
    return left is None or left < seen or (left - now).total_seconds() > ONLINE_S


def report_of(at: dt.datetime, clock: Clock, backlog: Sequence[Backlog], health: Health | None) -> Row:
    """What a sync said of the station itself, as plain JSON. `offset_ms`: its clock less the hub's."""
    return {
        "clock": {
            "quality": _word(clock.quality),
            "uncertainty_ms": clock.uncertainty_ms,
            "offset_ms": clock.at_ms - to_ms(at),
        },
        "backlog": [
            {"lane": one.lane.value, "waiting": one.waiting, "age_ms": _age_ms(one, clock.at_ms)}
            for one in backlog[:_WORD]
        ],
        "health": None if health is None else _health(health),
    }


def waits_s(report: Row) -> float:
    """How long the oldest fact that waits at the station has waited when it said so."""
    return max((one["age_ms"] or 0 for one in report["backlog"]), default=0) / 1000


def shows(report: Row) -> tuple[object, ...]:
    """What of a report people want to hear of at once when it changes."""
    health = report["health"] or {}
    ill = health.get("store_low"), health.get("store_damaged"), health.get("store_pressure")
    return report["clock"]["quality"], waits_s(report) > LATE_S, *ill


def notable(docks: Iterable[Any], chargers: Iterable[Any]) -> tuple[object, ...]:
    """What of a picture people want to hear of at once when it changes: not its temperatures."""
    return (
        tuple(_dock(one) for one in _things(docks, "dock_no")),
        tuple(_charger(one) for one in _things(chargers, "charger_id")),
    )


def counts_of(docks: Iterable[Any], chargers: Iterable[Any]) -> Row:
    """A picture in numbers; `socs` are the charges of the vehicles that stand in docks, in percent, None unknown."""
    known = list(_things(docks, "dock_no"))
    boxes = list(_things(chargers, "charger_id"))
    connectors = [one for box in boxes for one in _things(box.get("connectors"), "connector_no")]
    return {
        "docks": len(known),
        "docks_online": sum(one.get("online") is True for one in known),
        "socs": [_number(one.get("soc_pct")) for one in known if one.get("vehicle_id")],
        "chargers": len(boxes),
        "chargers_online": sum(one.get("online") is True for one in boxes),
        "connectors": len(connectors),
        "charging": sum(_state(one) == "charging" for one in connectors),
    }


def free_docks(docks: Any) -> int | None:
    """How many docks of a picture could take a vehicle: they answer, have no fault, and nothing stands in them.

    None for a picture without docks.
    """
    known = list(_things(docks, "dock_no"))
    free = (one.get("online") is True and not one.get("faults") and not one.get("vehicle_id") for one in known)
    return sum(free) if known else None


def devices_of(docks: Iterable[tuple[int, Row]], chargers: Iterable[tuple[str, Row]]) -> Row:
    """What the station's facts say of its devices: how many, and what is wrong now, oldest first.

    `faults` have `thing`, `thing_id`, `code`, `at_ms`, `detail`.
    """
    docks, chargers = list(docks), list(chargers)
    found = [
        {"thing": "dock", "thing_id": str(no), "code": code, "at_ms": told["at_ms"], "detail": told["detail"]}
        for no, faults in docks
        for code, told in faults.items()
        if told["raised"]
    ]
    for charger_id, connectors in chargers:
        for no, told in connectors.items():
            if _state(told) == "faulted":
                found.append({
                    "thing": "connector", "thing_id": f"{charger_id}/{no}", "code": told["error_code"] or "faulted",
                    "at_ms": told["at_ms"], "detail": "",
                })  # fmt: skip
    found.sort(key=lambda one: (one["at_ms"], one["thing"], one["thing_id"], one["code"]))
    return {"docks": len(docks), "chargers": len(chargers), "faults": found}


def _things(found: Any, name: str) -> Iterable[Row]:
    given = found if isinstance(found, list | tuple) else ()
    named = (one for one in given if isinstance(one, dict) and isinstance(one.get(name), str | int))
    return itertools.islice(named, _MOST)


def _dock(one: Row) -> tuple[object, ...]:
    soc = _number(one.get("soc_pct"))
    step = None if soc is None else int(soc // _SOC_STEP)
    return one["dock_no"], one.get("online"), repr(one.get("faults")), one.get("lock"), one.get("vehicle_id"), step


def _charger(one: Row) -> tuple[object, ...]:
    connectors = _things(one.get("connectors"), "connector_no")
    return one["charger_id"], one.get("online"), tuple((each["connector_no"], each.get("state")) for each in connectors)


def _state(connector: Row) -> str:
    return str(connector.get("state")).casefold()  # agents of 0.1 use the charger's own words


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e9 else None


def _age_ms(one: Backlog, now_ms: int) -> int | None:
    """By the station's own clock on both sides, so that a wrong one does no harm."""
    return None if one.oldest_at_ms is None else max(0, now_ms - one.oldest_at_ms)


def _health(health: Health) -> Row:
    return {
        "up_s": health.up_s if abs(health.up_s) < 1e12 else None,
        "store_low": health.store_low,
        "store_damaged": health.store_damaged,
        "store_pressure": _word(health.store_pressure),
        "disk_free_bytes": health.disk_free_bytes,
    }


def _word(text: str) -> str:
    return text.replace("\x00", "")[:_WORD]
