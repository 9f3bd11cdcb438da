"""Pure: a station's picture as rows of single signals, and which of them are worth keeping.

A row is one signal of one thing at one moment: `dock 3 temperature_c 21.5`, `battery <vehicle> soc_pct 84`,
`connector CP-01/1 state Charging`. A number is in `value`, a word in `text`; True and False are 1 and 0. What a
newer station tells beside that becomes a row by itself: names are taken from the picture.
"""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from protocols.sync.live import Telemetry
from protocols.values import BatteryReading

KEEP_EVERY_MS: Final = 60_000  # a signal that does not change is kept once a minute
# A change smaller than this is the sensor's noise, not the thing's. Others count from the first digit on.
NOISE: Final[Mapping[str, float]] = {
    "temperature_c": 0.5,
    "temperature_min_c": 0.5,
    "temperature_avg_c": 0.5,
    "temperature_max_c": 0.5,
    "soc_pct": 0.1,
    "soh_pct": 0.05,
    "voltage_v": 0.1,
    "current_a": 0.1,
    "power_w": 10.0,
    "frequency_hz": 0.02,
}
WRONG_CLOCK_MS: Final = 10 * 60_000  # a picture's own time counts where it is nearer than that to ours
_NAMES: Final = {"docks": "dock_no", "chargers": "charger_id", "meters": "meter_id"}
_LONGEST: Final = 200
_MOST_ROWS: Final = 2_000  # of one picture; a station has some hundred signals


class Key(NamedTuple):
    """Which signal: `thing` is dock, battery, charger, connector or meter."""

    thing: str
    thing_id: str
    signal: str


class Row(NamedTuple):
    """A signal's value at a moment (Unix ms). One of `value` and `text` is None."""

    at_ms: int
    key: Key
    value: float | None
    text: str | None


class Thinner:
    """Remembers what was kept last of each signal of one station."""

    def __init__(self) -> None:
        self._kept: dict[Key, Row] = {}

    def keep(self, rows: Iterator[Row]) -> list[Row]:
        """Those that changed by more than noise, or whose last one is a minute old."""
        due = [row for row in rows if self._is_due(row)]
        self._kept.update((row.key, row) for row in due)
        return due

    def _is_due(self, row: Row) -> bool:
        last = self._kept.get(row.key)
        if last is None or not 0 <= row.at_ms - last.at_ms < KEEP_EVERY_MS:
            return True
        if row.value is None or last.value is None:
            return (row.value, row.text) != (last.value, last.text)
        noise = NOISE.get(row.key.signal, 0.0)
        return row.value != last.value and abs(row.value - last.value) >= noise


def rows_of(picture: Telemetry, at_ms: int) -> Iterator[Row]:
    """Every signal of this picture. What has no name, or a value that is no number and no word, is left out."""
    left = _MOST_ROWS
    for field, name in _NAMES.items():
        for thing in getattr(picture, field):
            for row in _rows_of_thing(field[:-1], name, thing, at_ms):
                left -= 1
                if left < 0:
                    return
                yield row


def batteries_of(picture: Telemetry) -> Iterator[tuple[uuid.UUID, BatteryReading]]:
    """The batteries in the docks by their vehicles. What is no battery of ours is left out."""
    for dock in picture.docks:
        told = dock.get("battery")
        if not isinstance(told, dict):
            continue
        try:
            vehicle_id = uuid.UUID(str(told.get("vehicle_id")))
            reading = msgspec.convert(told, BatteryReading)
        except (ValueError, msgspec.ValidationError):
            continue
        if 0 <= reading.soc_pct <= 100:
            yield vehicle_id, reading


def _rows_of_thing(kind: str, name: str, thing: Mapping[str, Any], at_ms: int) -> Iterator[Row]:
    thing_id = thing.get(name)
    if not isinstance(thing_id, str | int):
        return
    battery = thing.get("battery")
    told_twice = set(battery) if isinstance(battery, dict) else set()
    for signal, value in thing.items():
        if signal == "battery" and isinstance(value, dict):
            yield from _rows_of_thing("battery", "vehicle_id", value, at_ms)
        elif signal == "connectors" and isinstance(value, list):
            for one in filter(_is_thing, value):
                inner = {**one, "connector_id": f"{thing_id}/{one.get('connector_no')}"}
                yield from _rows_of_thing("connector", "connector_id", inner, at_ms)
        elif signal not in {name, "connector_no"} | (told_twice - {"vehicle_id"}):
            row = _row(Key(kind, str(thing_id)[:_LONGEST], signal[:_LONGEST]), value, at_ms)
            if row is not None:
                yield row


def _is_thing(one: object) -> bool:
    return isinstance(one, dict)


def _row(key: Key, value: Any, at_ms: int) -> Row | None:
    match value:
        case bool() | int() | float():
            return Row(at_ms, key, float(value), None) if abs(value) < 1e300 else None  # no infinity, no NaN
        case str():
            return Row(at_ms, key, None, value[:_LONGEST])
        case list() if all(isinstance(one, str | int) for one in value):
            return Row(at_ms, key, None, " ".join(map(str, value))[:_LONGEST])
        case _:
            return None
