"""Which parts of the state survive a restart, and as which rows. Rows are (kind, key, JSON)."""

import dataclasses
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from edge_agent.core import lists
from edge_agent.core.state import (
    Dock,
    DockAct,
    HubOrder,
    Lease,
    ListState,
    OfflineStart,
    PinTries,
    Rental,
    Session,
    SpentVoucher,
    State,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One durable row; `value` None deletes it."""

    kind: str
    key: str
    value: bytes | None


# field of State → (type of its keys, type of its values)
DURABLE: Final[Mapping[str, tuple[type, Any]]] = {
    "occupants": (int, uuid.UUID),
    "rentals": (uuid.UUID, Rental),
    "spent": (uuid.UUID, SpentVoucher),
    "pin_tries": (uuid.UUID, PinTries),
    "staff_tries": (str, PinTries),
    "dock_acts": (int, DockAct),
    "used_reservations": (uuid.UUID, uuid.UUID),
    "leases": (uuid.UUID, Lease),
    "sessions": (uuid.UUID, Session),
    "orphans": (str, int),
    "hub_orders": (uuid.UUID, HubOrder),
    "offline_starts": (uuid.UUID, OfflineStart),
}
_NUMBERS: Final = ("next_transaction_id", "rev", "contact_ms", "revoked_ms")
_encode = msgspec.json.Encoder().encode


class _ListHead(msgspec.Struct):
    version: int
    suspect: bool


def rows(old: State, new: State) -> tuple[Row, ...]:
    """What must be written to get from one state to the next; empty when nothing durable changed."""
    return tuple(_rows(old, new))


def _rows(old: State, new: State) -> Iterator[Row]:
    for name in DURABLE:
        before, after = getattr(old, name), getattr(new, name)
        if before is not after:
            yield from _mapping_rows(name, before, after, _encode)
    if old.docks is not new.docks:
        yield from _mapping_rows("faults", _faults(old), _faults(new), _encode)
    if old.kept is not new.kept:
        yield from _mapping_rows("kept", old.kept, new.kept, _encode)  # as base64: it may not even be UTF-8
    for name in _NUMBERS:
        if getattr(old, name) != getattr(new, name):
            yield Row(kind="number", key=name, value=_encode(getattr(new, name)))
    if old.lists is not new.lists:
        yield from _list_rows(old.lists, new.lists)


def _mapping_rows(kind: str, before: Mapping[Any, Any], after: Mapping[Any, Any], encode: Any) -> Iterator[Row]:
    for key, value in after.items():
        if before.get(key) is not value:
            yield Row(kind=kind, key=str(key), value=encode(value))
    for key in before:
        if key not in after:
            yield Row(kind=kind, key=str(key), value=None)


def _list_rows(before: Mapping[str, ListState], after: Mapping[str, ListState]) -> Iterator[Row]:
    empty = ListState(version=0, raw={}, items={})
    for name, held in after.items():
        old = before.get(name, empty)
        if held is old:
            continue
        head = _ListHead(version=held.version, suspect=held.suspect)
        yield Row(kind="list", key=name, value=_encode(head))
        for key, raw in held.raw.items():
            if old.raw.get(key) != raw:
                yield Row(kind=f"list/{name}", key=key, value=raw)
        for key in old.raw:
            if key not in held.raw:
                yield Row(kind=f"list/{name}", key=key, value=None)


def restore(empty: State, stored: Mapping[str, Mapping[str, bytes]]) -> State:
    """The state as it was committed last. Raises msgspec.MsgspecError for rows that nobody of us wrote."""
    fields: dict[str, Any] = {}
    for name, (key_type, value_type) in DURABLE.items():
        decoder = msgspec.json.Decoder(value_type)
        fields[name] = {key_type(key): decoder.decode(data) for key, data in stored.get(name, {}).items()}
    fields["docks"] = _restore_faults(empty, stored.get("faults", {}))
    fields["kept"] = {key: msgspec.json.decode(data, type=bytes) for key, data in stored.get("kept", {}).items()}
    for name in _NUMBERS:
        if name in stored.get("number", {}):
            fields[name] = msgspec.json.decode(stored["number"][name], type=int)
    fields["lists"] = {
        name: _restore_list(name, data, stored.get(f"list/{name}", {})) for name, data in stored.get("list", {}).items()
    }
    state = dataclasses.replace(empty, **fields)
    profile = lists.station_profile(state)
    return state if profile is None else dataclasses.replace(state, profile=profile)


def _faults(state: State) -> dict[int, tuple[str, ...]]:
    return {dock.dock_no: dock.faults for dock in state.docks.values() if dock.faults}


def _restore_faults(empty: State, stored: Mapping[str, bytes]) -> dict[int, Dock]:
    docks = dict(empty.docks)
    for key, data in stored.items():
        dock = docks.get(int(key), Dock(dock_no=int(key)))
        docks[dock.dock_no] = dataclasses.replace(dock, faults=msgspec.json.decode(data, type=tuple[str, ...]))
    return docks


def _restore_list(name: str, head: bytes, raw: Mapping[str, bytes]) -> ListState:
    about = msgspec.json.decode(head, type=_ListHead)
    held = lists.parse(name, about.version, raw)
    return ListState(version=held.version, raw=held.raw, items=held.items, suspect=about.suspect)
