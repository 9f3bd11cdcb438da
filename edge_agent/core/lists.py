"""The lists that the hub keeps at the station: how a change is applied, and typed looks into them."""

import datetime as dt
import re
import uuid
import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

import msgspec

from edge_agent.core import soundness
from edge_agent.core.state import ListState, State
from protocols.errors import Malformed
from protocols.sync.changes import (
    BlockItem,
    CardItem,
    ChecklistItem,
    Item,
    LeaseItem,
    LeasePolicyItem,
    ReservationItem,
    StaffItem,
    StationItem,
    StatusItem,
    TariffItem,
    VehicleItem,
    VoucherKeyItem,
    item_of,
)
from protocols.sync.clock import Moment
from protocols.sync.envelope import ListChange, digest_of
from protocols.tariff.choice import Version, Wanted, choose
from protocols.tariff.tariff import Tariff
from protocols.tariff.windows import Window
from protocols.values import from_ms, to_ms
from protocols.voucher.status import is_set, place_of
from protocols.voucher.voucher import VoucherKey

_T = TypeVar("_T", bound=Item)
_KEY: Final = re.compile("[0-9a-f]{64}")


class _Key(msgspec.Struct):
    key: str


def apply(held: ListState | None, change: ListChange) -> ListState:
    """The list after this change. A delta that does not fit leaves the list in use but suspect."""
    if change.from_version is not None and (held is None or held.suspect or held.version != change.from_version):
        return _suspect(held)
    raw: dict[str, bytes] = {} if held is None or change.from_version is None else dict(held.raw)
    for key in change.deletes:
        raw.pop(key, None)
    try:
        raw.update({msgspec.json.decode(item, type=_Key).key: bytes(item) for item in change.upserts})
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _suspect(held)
    if digest_of(list(raw.items())) != change.sha256:
        return _suspect(held)
    return parse(change.name, change.to_version, raw)


def parse(name: str, version: int, raw: Mapping[str, bytes]) -> ListState:
    """A list from its stored bytes. Items that this version cannot read or use stay in `raw` only."""
    items = {}
    for key, data in raw.items():
        try:
            item = item_of(name, data)
        except Malformed:
            continue
        if item is not None and soundness.is_sound(item):
            items[key] = item
    return ListState(version=version, raw=raw, items=items)


def _suspect(held: ListState | None) -> ListState:
    if held is None:
        return ListState(version=0, raw={}, items={}, suspect=True)
    return ListState(version=held.version, raw=held.raw, items=held.items, suspect=True)


def _items(state: State, name: str, shape: type[_T]) -> Iterator[_T]:
    held = state.lists.get(name)
    if held is not None:
        yield from (item for item in held.items.values() if isinstance(item, shape))


def _item(state: State, name: str, key: str, shape: type[_T]) -> _T | None:
    held = state.lists.get(name)
    item = None if held is None else held.items.get(key)
    return item if isinstance(item, shape) else None


def station_profile(state: State) -> StationItem | None:
    """How the hub says this station presents itself."""
    return _item(state, "station", "self", StationItem)


def vehicle(state: State, vehicle_id: uuid.UUID) -> VehicleItem | None:
    """A vehicle that may turn up here."""
    return _item(state, "vehicles", str(vehicle_id), VehicleItem)


def vehicles(state: State) -> Iterator[VehicleItem]:
    """Every vehicle that may turn up here."""
    return _items(state, "vehicles", VehicleItem)


def id_of(item: VehicleItem) -> uuid.UUID:
    """The vehicle's id."""
    return uuid.UUID(item.key)


def card(state: State, uid: str) -> CardItem | None:
    """Whose card this is."""
    return _item(state, "cards", uid.upper(), CardItem)


def reservations(state: State) -> Iterator[ReservationItem]:
    """All that is promised here."""
    return _items(state, "reservations", ReservationItem)


def leases(state: State) -> dict[uuid.UUID, LeaseItem]:
    """What the hub wishes to be kept for it."""
    return {uuid.UUID(item.key): item for item in _items(state, "leases", LeaseItem)}


def lease_policy(state: State) -> LeasePolicyItem | None:
    """What is to be kept for people without a booking."""
    return _item(state, "lease_policy", "self", LeasePolicyItem)


def is_denied(state: State, voucher_id: uuid.UUID, number: int | None) -> bool:
    """Whether the voucher is on the deny list, or the bit of its status number is set."""
    held = state.lists.get("voucher_denials")
    if held is not None and str(voucher_id) in held.raw:
        return True
    bits = state.lists.get("voucher_status")
    if bits is None or number is None:
        return False
    chunk, place = place_of(number)
    if str(chunk) not in bits.raw:
        return False
    item = bits.items.get(str(chunk))
    try:
        return not isinstance(item, StatusItem) or is_set(item.bits, place)
    except Malformed:
        return True  # somebody in it is revoked, and it cannot be read who is not


def staff(state: State) -> Iterator[StaffItem]:
    """Who may act here by hand."""
    return _items(state, "staff", StaffItem)


def checklists(state: State) -> Iterator[ChecklistItem]:
    """What staff may fill in, by the hub's list."""
    return _items(state, "checklists", ChecklistItem)


def block(state: State, account_id: uuid.UUID) -> BlockItem | None:
    """Why this account may begin nothing new; None: it may."""
    return _item(state, "blocked_accounts", str(account_id), BlockItem)


def voucher_keys(state: State) -> dict[bytes, VoucherKey]:
    """The keys that may sign vouchers, by kid."""
    held = state.lists.get("voucher_keys")
    keys = {}
    for kid, item in () if held is None else held.items.items():
        if isinstance(item, VoucherKeyItem):
            keys[bytes.fromhex(kid)] = VoucherKey(
                kid=bytes.fromhex(kid),
                public_key=bytes.fromhex(item.public_key),
                valid_from=from_ms(item.valid_from_ms),
                valid_to=from_ms(item.valid_to_ms),
            )
    return keys


def time_keys(state: State, enrolled: str) -> frozenset[bytes]:
    """The hub's public keys, which sign its time. The list alone, once there is one: a key taken off it ends.

    Before that the key of the enrolment (hex, may be empty).
    """
    keys = frozenset(one.public_key for one in voucher_keys(state).values())
    return keys or frozenset({bytes.fromhex(enrolled)} if _KEY.fullmatch(enrolled) else ())


def zone(state: State) -> dt.tzinfo | None:
    """The station's time zone; None when this machine does not know the one that the hub names."""
    try:
        return zoneinfo.ZoneInfo(state.profile.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None


def local(state: State, at: dt.datetime) -> dt.datetime:
    """The instant as the station's clock on the wall shows it, to the millisecond: as the hub will count it."""
    return from_ms(to_ms(at)).astimezone(zone(state) or dt.UTC)


def tariff_version(state: State, tariff_id: uuid.UUID, version: int) -> Tariff | None:
    """Exactly this version, valid or not: what a voucher was sold at."""
    key = f"{tariff_id}/{version}"
    item = _item(state, "tariffs", key, TariffItem) or _item(state, "rich_tariffs", key, TariffItem)
    return None if item is None else tariff_of(item)


def tariff_for(
    state: State, use: str, now_ms: int, tariff_id: uuid.UUID | None = None, kind: str | None = None
) -> Tariff | None:
    """The version valid then for this use and kind of vehicle; of this tariff, if one is named and it has any."""
    wanted = Wanted(use=use, kind=kind, station_id=state.station_id, tariff_id=tariff_id)
    best = choose(_versions(state), wanted, now_ms)
    return None if best is None else best.tariff


def tariff_at(
    state: State, use: str, now: Moment, tariff_id: uuid.UUID | None = None, kind: str | None = None
) -> Tariff | None:
    """The version for this moment: by the clock; where no version fits that, by what is certain, or what may be so."""
    for at_ms in (now.at_ms, now.earliest_ms):
        found = tariff_for(state, use, at_ms, tariff_id, kind)
        if found is not None:
            return found
    perhaps = [
        one.valid_from_ms
        for one in _versions(state)
        if one.tariff.use == use and now.earliest_ms <= one.valid_from_ms <= now.latest_ms
    ]
    return tariff_for(state, use, min(perhaps), tariff_id, kind) if perhaps else None


def _versions(state: State) -> list[Version]:
    """Every version that can be priced here: without a time zone nobody knows when its windows are."""
    items = [*_items(state, "tariffs", TariffItem), *_items(state, "rich_tariffs", TariffItem)]
    placed = zone(state) is not None
    return [
        Version(tariff=tariff_of(item), valid_from_ms=item.valid_from_ms, valid_to_ms=item.valid_to_ms)
        for item in items
        if placed or not item.windows
    ]


def tariff_of(item: TariffItem) -> Tariff:
    """The item as what prices are computed by."""
    return Tariff(
        tariff_id=item.tariff_id,
        version=item.version,
        name=item.name,
        use=item.use,
        currency=item.currency,
        unlock_minor=item.unlock_minor,
        per_minute_minor=item.per_minute_minor,
        free_minutes=item.free_minutes,
        day_cap_minor=item.day_cap_minor,
        per_kwh_minor=item.per_kwh_minor,
        deposit_minor=item.deposit_minor,
        tax_pct=item.tax_pct,
        per_km_minor=item.per_km_minor,
        ride_kwh_minor=item.ride_kwh_minor,
        late_grace_minutes=item.late_grace_minutes,
        late_hour_minor=item.late_hour_minor,
        windows=tuple(
            Window(
                per_minute_minor=one.per_minute_minor,
                from_minute=one.from_minute,
                to_minute=one.to_minute,
                weekdays=one.weekdays,
            )
            for one in item.windows
        ),
        tax_pcts=item.tax_pcts,
        kinds=item.kinds,
        station_ids=item.station_ids,
    )
