"""OCPP's words and ours, as plain tables. Values on our side match the agent's and hub's enumerations."""

from typing import Final

# ChargePointStatus (1.6 §7.7) → connector state.
STATE_OF_16: Final = {
    "Available": "available",
    "Preparing": "preparing",
    "Charging": "charging",
    "SuspendedEV": "suspended",
    "SuspendedEVSE": "suspended",
    "Finishing": "finishing",
    "Reserved": "reserved",
    "Unavailable": "unavailable",
    "Faulted": "faulted",
    "Occupied": "preparing",  # OCPP 1.5's only word for "something is plugged in"
}

# Reason (1.6 §7.31) → why a charge ended.
REASON_OF_16: Final = {
    "Local": "local",
    "Remote": "remote",
    "EVDisconnected": "ev_disconnected",
    "PowerLoss": "power_loss",
    "DeAuthorized": "de_authorized",
    "HardReset": "reboot",
    "SoftReset": "reboot",
    "Reboot": "reboot",
    "EmergencyStop": "other",
    "UnlockCommand": "other",
    "Other": "other",
}

# Our verdict about a card → AuthorizationStatus (1.6 §7.2).
STATUS_OF_VERDICT_16: Final = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "expired": "Expired",
    "invalid": "Invalid",
    "concurrent": "ConcurrentTx",
}


def state_of_16(status: str) -> str:
    """Our state for a 1.6 status in any case; an unknown word is `unavailable`: not to be offered, not broken."""
    return _fold(STATE_OF_16).get(status.casefold(), "unavailable")


def reason_of_16(reason: str) -> str:
    """Our reason for a 1.6 reason; the standard's default for a missing one is Local (1.6 §6.48)."""
    return _fold(REASON_OF_16).get(reason.casefold(), "other") if reason else "local"


def _fold(table: dict[str, str]) -> dict[str, str]:
    return {word.casefold(): ours for word, ours in table.items()}
