"""Pure: what each role may do, how an address is compared."""

from collections.abc import Iterable, Mapping
from typing import Final

from hub.accounts.roles import Role

# `…:read` is everybody's, `…:read_own` one's own. A renter needs stations, vehicles and prices to book at all.
_BASIC: Final = frozenset({"stations:read", "vehicles:read", "tariffs:read"})
_OWN: Final = frozenset({
    "payment_methods:own", "rentals:read_own", "reservations:read_own", "reservations:write_own", "charging:read_own",
})  # fmt: skip
_READ_OPERATION: Final = _BASIC | {
    "rentals:read", "reservations:read", "charging:read", "orders:read", "cards:read", "vouchers:read",
    "cases:read", "blocks:read", "telemetry:read", "vehicles:history", "alarms:read",
    "balance:read", "tasks:read", "plans:read",
}  # fmt: skip
_WRITE_OPERATION: Final = frozenset({
    "stations:write", "vehicles:write", "rentals:write", "reservations:write", "charging:write", "orders:write",
    "cards:write", "vouchers:write", "cases:write", "cases:look", "quarantine:write", "blocks:write", "alarms:write",
    "alarms:set", "balance:write", "tasks:do",
})  # fmt: skip
_ACCOUNTS: Final = frozenset({"accounts:read", "accounts:write"})
_KEYS: Final = frozenset({"api_keys:own"})  # keys for machines, never wider than their maker
_MONEY: Final = frozenset({"payments:read", "ledger:read", "reconciliation:read"})
_WRITE_MONEY: Final = frozenset({"tariffs:write", "reconciliation:write", "bills:adjust"})
_READ_ALL: Final = _READ_OPERATION | _MONEY | {
    "accounts:read", "facts:read", "work:read", "audit:read", "organisations:read",
}  # fmt: skip

PERMISSIONS_OF: Final[Mapping[Role, frozenset[str]]] = {
    Role.RENTER: _BASIC | _OWN,
    Role.VEHICLE_OWNER: _BASIC | _OWN,
    Role.STATION_STAFF: _READ_OPERATION | {"reservations:write", "alarms:write", "tasks:do", "cases:look"},
    Role.SERVICE_ADVISOR: _BASIC | {"rentals:read", "telemetry:read"},
    Role.TECHNICIAN: _BASIC | {"tasks:read", "tasks:do", "telemetry:read"},
    Role.PARTS_CLERK: _BASIC,
    Role.FLEET_OPERATOR: _READ_OPERATION | _WRITE_OPERATION | _KEYS | {"facts:read"},
    Role.DEVELOPER: _BASIC | _KEYS | {"facts:read", "work:read"},
    Role.SUBSIDY_APPLICANT: _BASIC | {"charging:read"},
    Role.ANALYST: _READ_OPERATION | _KEYS,
    Role.FINANCE: _READ_OPERATION | _MONEY | _KEYS | _WRITE_MONEY | {"reconciliation:run", "payouts:ask"},
    Role.SUPPORT: _READ_OPERATION | {"accounts:read", "cases:write", "cases:look", "blocks:write"},
    Role.KYC_REVIEWER: _BASIC | {"accounts:read", "blocks:read", "blocks:write"},
    Role.AUDITOR: _READ_ALL,
    Role.ADMIN: _READ_ALL | _WRITE_OPERATION | _ACCOUNTS | _KEYS | _WRITE_MONEY | {
        "work:write", "stations:enrol", "organisations:write", "organisations:edit", "reconciliation:run",
        "payouts:ask",
    },
}  # fmt: skip
"""The one table of who may do what. A domain adds its permissions here."""

AT_STATION: Final = _READ_OPERATION - {"blocks:read", "cards:read", "vouchers:read", "plans:read"} | {
    "reservations:write", "orders:write", "cases:write", "cases:look", "alarms:write", "facts:read", "tasks:do",
}  # fmt: skip
"""What a role may still do where it is given for single stations: the rest concerns the whole organisation."""

OF_THE_HOUSE: Final = frozenset({
    "work:read", "work:write", "organisations:read", "organisations:write", "reconciliation:run", "payouts:ask",
})  # fmt: skip
"""What concerns the whole hub, and is permitted in the organisation that runs it only."""

ASSIGNABLE: Final = frozenset({
    Role.STATION_STAFF, Role.SERVICE_ADVISOR, Role.TECHNICIAN, Role.PARTS_CLERK, Role.FLEET_OPERATOR, Role.ANALYST,
})  # fmt: skip
"""Roles that may be given for single stations."""

_KNOWN: Final = frozenset(Role)


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Everything these roles permit together; a role that no longer exists permits nothing."""
    known = (PERMISSIONS_OF[Role(role)] for role in roles if role in _KNOWN)
    return frozenset().union(*known)


def email_key(email: str) -> str:
    """The address as it is compared: case-insensitively, without blanks around it."""
    return email.strip().casefold()
