"""What the station asks of its devices. Imperative, with an expiry, never replayed after a restart.

The result of an order is never a return value: it comes back as `DockOrderEnded` or `ChargerOrderEnded`.
`expires_mono_s` is on the monotonic clock of this boot: a wrong wall clock cannot revive an order.
"""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockDock:
    """Open the lock; the dock locks again by itself after `duration_s` if the vehicle is still there."""

    order_id: uuid.UUID
    dock_no: int
    duration_s: float
    expires_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LockDock:
    """Close the lock now."""

    order_id: uuid.UUID
    dock_no: int
    expires_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchContactor:
    """Connect (or disconnect) the vehicle's charging contacts."""

    order_id: uuid.UUID
    dock_no: int
    closed: bool
    expires_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalDock:
    """Light and buzzer: `pattern` is one of off, guide, success, refused, locate."""

    order_id: uuid.UUID
    dock_no: int
    pattern: str
    expires_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartDock:
    """Restart the dock's controller."""

    order_id: uuid.UUID
    dock_no: int
    expires_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCharge:
    """Start a transaction remotely for this id token."""

    order_id: uuid.UUID
    charger_id: str
    connector_no: int
    id_token: str
    expires_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCharge:
    """End a running transaction remotely."""

    order_id: uuid.UUID
    charger_id: str
    transaction_id: int
    expires_mono_s: float


DockOrder = UnlockDock | LockDock | SwitchContactor | SignalDock | RestartDock
ChargerOrder = StartCharge | StopCharge
Order = DockOrder | ChargerOrder
