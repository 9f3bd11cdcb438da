"""A station's core on a stage: clocks moved by hand, lists as the hub sends them, docks that say what they are told to.

Every decision's rows are kept as the store would keep them, and compared with the state after each one.
"""

import dataclasses
import datetime as dt
import itertools
import uuid
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.core import persist
from edge_agent.core.decide import decide
from edge_agent.core.inputs import (
    AgentWoke,
    BatteryReported,
    ChangesArrived,
    DockFound,
    DockKind,
    DockOrderEnded,
    DockReported,
    LockState,
    Outcome,
    QuoteAsked,
)
from edge_agent.core.orders import Order, UnlockDock
from edge_agent.core.state import Charger, Dock, Quote, Rental, State
from edge_agent.core.step import Context, Decision
from protocols.errors import Refused
from protocols.kiosk.actions import ByCard, ByReservation, ByVoucher
from protocols.sync import changes
from protocols.sync.changes import (
    CardItem,
    Item,
    ReservationItem,
    StationItem,
    TariffItem,
    VehicleItem,
    VoucherKeyItem,
)
from protocols.sync.clock import ClockQuality, Moment
from protocols.sync.envelope import ListChange, OrderChange, digest_of, encode
from protocols.sync.facts import Body
from protocols.values import UTC, BatteryReading, to_ms
from protocols.voucher.pin import pin_hash
from protocols.voucher.voucher import Voucher, issue

STATION: Final = uuid.UUID(int=0x57A7)
BEGAN: Final = dt.datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TARIFF: Final = uuid.UUID(int=0x7A21)
CHARGE_TARIFF: Final = uuid.UUID(int=0x7A22)
KID: Final = bytes.fromhex("aa01")
KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DAY_MS: Final = 24 * 3600 * 1000
_Fact = TypeVar("_Fact", bound=Body)
_ids = itertools.count(1)


def vehicle_id(number: int) -> uuid.UUID:
    """The id of the vehicle with this number."""
    return uuid.UUID(int=0xF000 + number)


def account_id(number: int) -> uuid.UUID:
    """The id of the account with this number."""
    return uuid.UUID(int=0xACC0 + number)


def vehicle_item(number: int, kind: str = "scooter", **more: Any) -> VehicleItem:
    """A vehicle that may be rented."""
    return VehicleItem(
        key=str(vehicle_id(number)),
        label=f"V-{number}",
        kind=kind,
        model="Volt One",
        dock_kind="latch",
        full_range_km=80.0,
        **more,
    )


def tariff_item(version: int = 1, **more: Any) -> TariffItem:
    """The mock-up's tariff: 1.00 to unlock, 0.19 a minute, two minutes free."""
    given: dict[str, Any] = {
        "name": "Standard",
        "use": "rental",
        "currency": "EUR",
        "valid_from_ms": 0,
        "unlock_minor": 100,
        "per_minute_minor": 19,
        "free_minutes": 2,
        "tax_pct": 19.0,
    } | more
    return TariffItem(key=f"{TARIFF}/{version}", tariff_id=TARIFF, version=version, **given)


def charge_tariff_item(**more: Any) -> TariffItem:
    """0.49 a kWh."""
    return TariffItem(
        key=f"{CHARGE_TARIFF}/1",
        tariff_id=CHARGE_TARIFF,
        version=1,
        name="AC",
        use="charging",
        currency="EUR",
        valid_from_ms=0,
        per_kwh_minor=49,
        tax_pct=19.0,
        **more,
    )


def reservation_item(number: int, pin: str = "1234", **more: Any) -> ReservationItem:
    """A reservation for the hour that has just begun."""
    given: dict[str, Any] = {"from_ms": to_ms(BEGAN) - 60_000, "until_ms": to_ms(BEGAN) + 3_600_000} | more
    return ReservationItem(
        key=str(uuid.UUID(int=0x4E50 + number)),
        code=f"RES{number}",
        pin_hash=pin_hash(pin, bytes(16)),
        account_id=account_id(100 + number),
        **given,
    )


def voucher(number: int, account: int | None = None, **more: Any) -> str:
    """A voucher for one rental here, signed."""
    given: dict[str, Any] = {
        "stations": (STATION,),
        "not_before": BEGAN - dt.timedelta(hours=1),
        "expires": BEGAN + dt.timedelta(days=1),
        "may": ("rent",),
    } | more
    about = Voucher(voucher_id=uuid.UUID(int=0x70C0 + number), account_id=account_id(account or number), **given)
    return issue(about, KEY, KID)


def order_change(rev: int, body: changes.OrderBody, **more: Any) -> bytes:
    """An order from the hub, as its bytes."""
    given: dict[str, Any] = {"not_after_ms": to_ms(BEGAN) + DAY_MS, "id": uuid.UUID(int=0x0D00 + rev), "v": 1} | more
    return encode(OrderChange(rev=rev, type=type(body).__name__, body=msgspec.Raw(msgspec.json.encode(body)), **given))


class Stage:
    """One station. `facts` and `orders` gather all that came of what it was told."""

    def __init__(self, docks: int = 3, *, chargers: Sequence[str] = ("CP1",)) -> None:
        self.empty = State(
            station_id=STATION,
            profile=StationItem(key="self", name="Test", number="1", timezone="UTC", currency="EUR"),
            docks={no: Dock(dock_no=no) for no in range(1, docks + 1)},
            chargers={one: Charger(charger_id=one) for one in chargers},
        )
        self.state = self.empty
        self.at = BEGAN
        self.mono_s = 1_000.0
        self.boot = "boot-1"
        self.quality = ClockQuality.SYNCED
        self.uncertainty_ms = 0
        self.passed_ms: int | None = None
        self.facts: list[Body] = []
        self.orders: list[Order] = []
        self.rows: dict[str, dict[str, bytes]] = {}
        self.epoch = 0

    # --- time ------------------------------------------------------------------------------------------

    def now(self) -> Moment:
        return Moment(
            at=self.at,
            mono_s=self.mono_s,
            boot_id=self.boot,
            quality=self.quality,
            uncertainty_ms=self.uncertainty_ms,
            passed_ms=self.passed_ms,
        )

    def now_ms(self) -> int:
        return to_ms(self.at)

    def wait(self, seconds: float) -> None:
        self.at += dt.timedelta(seconds=seconds)
        self.mono_s += seconds

    # --- the doors -------------------------------------------------------------------------------------

    def decide(self, seen: object) -> Decision:
        """Decide and commit."""
        before = self.state
        decision = decide(before, seen, Context(now=self.now(), new_id=new_id))
        for row in persist.rows(before, decision.state):
            table = self.rows.setdefault(row.kind, {})
            if row.value is None:
                del table[row.key]
            else:
                table[row.key] = row.value
        self.state = decision.state
        self.facts += decision.facts
        self.orders += decision.orders
        return decision

    def tell(self, *seen: object) -> None:
        for one in seen:
            self.decide(one)

    def ask(self, question: object) -> Any:
        answer = self.decide(question).answer
        if isinstance(answer, Refused):
            raise answer
        return answer

    def restart(self, *, boot: str | None = None, off_s: float = 5.0) -> None:
        """The agent is killed and starts again; with `boot` the whole machine."""
        self.wait(off_s)
        if boot is not None:
            self.boot, self.mono_s = boot, 10.0
        self.state = persist.restore(self.empty, self.rows)
        self.epoch += 1
        self.tell(AgentWoke(epoch=self.epoch, version="1", unclean=True))

    def restored(self) -> State:
        """The durable part of the state, through the rows."""
        return persist.restore(self.empty, self.rows)

    # --- the hub ---------------------------------------------------------------------------------------

    def give(self, name: str, *items: Item) -> None:
        """Send a whole list."""
        held = self.state.lists.get(name)
        raw = [(item.key, msgspec.json.encode(item)) for item in items]
        change = ListChange(
            rev=self.state.rev + 1,
            name=name,
            from_version=None,
            to_version=1 if held is None else held.version + 1,
            sha256=digest_of(raw),
            upserts=[msgspec.Raw(data) for _, data in raw],
        )
        self.tell(ChangesArrived(rev=change.rev, changes=(encode(change),)))

    def order(self, body: changes.OrderBody, **more: Any) -> None:
        """Send an order."""
        rev = self.state.rev + 1
        self.tell(ChangesArrived(rev=rev, changes=(order_change(rev, body, **more),)))

    def furnish(self, vehicles: int = 3) -> "Stage":
        """Everything a station needs to rent: tariff, vehicles, keys, cards."""
        self.tell(AgentWoke(epoch=1, version="1", unclean=False))
        self.give("tariffs", tariff_item(), charge_tariff_item())
        self.give("vehicles", *(vehicle_item(number) for number in range(1, vehicles + 1)))
        key = KEY.public_key().public_bytes_raw().hex()
        self.give(
            "voucher_keys", VoucherKeyItem(key=KID.hex(), public_key=key, valid_from_ms=0, valid_to_ms=4 * 10**12)
        )
        self.give(
            "cards",
            CardItem(key="04A1B2C3", account_id=account_id(51), may=["rent", "charge"]),
            CardItem(key="04A1B2C4", account_id=account_id(52), may=["rent", "charge"], blocked=True),
            CardItem(key="04A1B2C5", account_id=account_id(53), may=["charge"], valid_to_ms=to_ms(BEGAN) + 600_000),
        )
        return self

    # --- docks -----------------------------------------------------------------------------------------

    def report(
        self,
        dock_no: int,
        vehicle: int | None = None,
        lock: LockState = LockState.LOCKED,
        age_s: float = 0.5,
        **more: Any,
    ) -> None:
        """A dock says how it is."""
        self.tell(report(dock_no, vehicle, lock, age_s, **more))

    def stand(self, dock_no: int, vehicle: int, soc_pct: float = 80.0) -> None:
        """A dock is found with a vehicle locked in it."""
        self.find(dock_no)
        self.report(dock_no, vehicle, age_s=3600.0)
        self.tell(BatteryReported(dock_no=dock_no, battery=BatteryReading(soc_pct=soc_pct)))

    def find(self, dock_no: int) -> None:
        self.tell(DockFound(dock_no=dock_no, kind=DockKind.LATCH, serial=f"S{dock_no}", firmware="1", can_charge=True))

    def ended(self, order: Order, outcome: Outcome, detail: str = "") -> None:
        """What became of an order for a dock."""
        dock_no: int = getattr(order, "dock_no")  # noqa: B009 - chargers' orders have none
        self.tell(DockOrderEnded(order_id=order.order_id, dock_no=dock_no, outcome=outcome, detail=detail))

    # --- people ----------------------------------------------------------------------------------------

    def quote(self, who: ByVoucher | ByReservation | ByCard | str, dock_no: int | None = None) -> Quote:
        asked = ByVoucher(kind="voucher", token=who) if isinstance(who, str) else who
        found: Quote = self.ask(QuoteAsked(who=asked, dock_no=dock_no))
        return found

    def unlocks(self) -> list[UnlockDock]:
        return [one for one in self.orders if isinstance(one, UnlockDock)]

    def rental(self, rental: Rental) -> Rental:
        """The rental as it is now."""
        return self.state.rentals[rental.rental_id]

    def of(self, shape: type[_Fact]) -> list[_Fact]:
        """All facts of this type."""
        return [one for one in self.facts if isinstance(one, shape)]


def report(
    dock_no: int,
    vehicle: int | None = None,
    lock: LockState = LockState.LOCKED,
    age_s: float = 0.5,
    **more: Any,
) -> DockReported:
    """How a dock is, as its link tells it."""
    given: dict[str, Any] = {
        "contactor_closed": False,
        "tamper": False,
        "supply_voltage_v": 12.0,
        "temperature_c": 20.0,
        "vehicle_id": None if vehicle is None else vehicle_id(vehicle),
        "vehicle_present": vehicle is not None,
    } | more
    return DockReported(dock_no=dock_no, lock=lock, presence_age_s=age_s, **given)


def durable(state: State) -> State:
    """The state without what a restart forgets."""
    faults = {no: Dock(dock_no=no, faults=dock.faults) for no, dock in state.docks.items()}
    return dataclasses.replace(
        state,
        boot="",
        docks=faults,
        quotes={},
        handbacks={},
        staff_sessions={},
        chargers={},
        meters={},
        card=None,
        hub=type(state.hub)(),
        shaken={},
        woke_mono_s=-1e9,
    )


def new_id() -> uuid.UUID:
    """A fresh id."""
    return uuid.UUID(int=0xABC0_0000_0000 + next(_ids))
