"""Pure: which of a rental's flags a person must look at, and what to tell of them when they come and go.

A case follows from the folded row alone, and rows are the same for every order of arrival; so are the cases.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from hub.events import CaseSeen
from hub.rentals import parking
from protocols.values import rfc3339

Row: TypeAlias = dict[str, Any]
KINDS: Final = ("over_limit", "missing_return", "orphan_return", "contradiction", "voucher_used_twice")
WRONG_BILL: Final = "wrong_bill"
OVERFLOW: Final = "overflow_return"
LONG_RIDE: Final = "long_ride"
LONG: Final = dt.timedelta(hours=24)
EXPLAINED: Final = {
    "over_limit": "the rides did not overlap",
    "missing_return": "the return was seen after all",
    "orphan_return": "the beginning was told after all",
    "contradiction": "the stations agree",
    "voucher_used_twice": "the voucher was good for all rides",
    WRONG_BILL: "the bill is replaced",
    OVERFLOW: "the vehicle came back elsewhere before",
    LONG_RIDE: "the ride has ended",
}


def long_ride(row: Row) -> CaseSeen:
    """A ride that lasts too long: nobody's contradiction, but somebody should ask."""
    return CaseSeen(
        kind=LONG_RIDE,
        about=row["id"],
        seen_at=row["undocked_at"],
        station_ids=(row["station_id"],),
        account_id=row["account_id"],
        rental_id=row["id"],
        subjects={} if row["vehicle_id"] is None else {"vehicle_id": row["vehicle_id"]},
        seen={"undocked_at": rfc3339(row["undocked_at"])},
    )


def _was_long(before: Row, after: Row) -> bool:
    out_at, back_at = after["undocked_at"], after["ended_at"]
    over = before["state"] == "active" and after["state"] == "ended"
    return bool(over and out_at is not None and back_at - out_at >= LONG)


def cases_between(before: Row | None, after: Row) -> Iterator[CaseSeen]:
    """What to tell of a rental whose row has changed: cases that stand now, and those that do not any more."""
    were = {} if before is None else _cases_of(before)
    are = _cases_of(after)
    for kind, case in are.items():
        if case != were.get(kind):
            yield case
    for kind, case in were.items():
        if kind not in are:
            confirmed = kind == OVERFLOW and after["parking"] == parking.CONFIRMED
            yield _gone(case, parking.why_confirmed(after) if confirmed else EXPLAINED[kind])
    if before is not None and _was_long(before, after):
        yield _gone(long_ride(after), EXPLAINED[LONG_RIDE])


def _cases_of(row: Row) -> dict[str, CaseSeen]:
    flags = set(row["flags"].split())
    kinds = [kind for kind in KINDS if kind in flags]
    if row["price_checked"] is False:
        kinds.append(WRONG_BILL)
    if row["parking"] in {parking.WAITING, parking.NOT_THERE}:
        kinds.append(OVERFLOW)
    return {kind: _case(kind, row) for kind in kinds}


def _case(kind: str, row: Row) -> CaseSeen:
    stations: list[uuid.UUID] = [row["station_id"]]
    if row["ended_station_id"] not in (None, row["station_id"]):
        # Whoever must go and look sees the cases of his own station: the one where the vehicle is said to stand.
        stations.insert(0 if kind == OVERFLOW else 1, row["ended_station_id"])
    subjects = {name: row[f"{name}_id"] for name in ("vehicle", "voucher", "reservation")}
    return CaseSeen(
        kind=kind,
        about=row["id"],
        seen_at=_at(row),
        station_ids=tuple(stations),
        account_id=row["account_id"],
        rental_id=row["id"],
        subjects={f"{name}_id": one for name, one in subjects.items() if one is not None},
        seen={name: _plain(row[name]) for name in _SEEN[kind]},
    )


# What makes the case another one than a person has looked at: no more than that, or it would open again and again.
_SEEN: Final[dict[str, tuple[str, ...]]] = {
    "over_limit": ("started_at", "offline", "card_uid"),
    "missing_return": ("started_at", "ended_at"),
    "orphan_return": ("ended_at", "ended_dock_no", "total_minor", "currency"),
    "contradiction": ("state", "started_at", "ended_at", "voided_at"),
    "voucher_used_twice": ("started_at", "offline"),
    OVERFLOW: ("ended_by", "ended_at", "parking"),
    WRONG_BILL: ("duration_s", "total_minor", "tax_minor", "currency", "tariff_version"),
}


def _at(row: Row) -> Any:
    instants = (row[name] for name in ("started_at", "undocked_at", "ended_at", "voided_at"))
    return next((one for one in instants if one is not None), row["created_at"])


def _plain(value: Any) -> Any:
    return rfc3339(value) if hasattr(value, "tzinfo") else value


def _gone(case: CaseSeen, why: str) -> CaseSeen:
    return CaseSeen(kind=case.kind, about=case.about, seen_at=case.seen_at, standing=False, why=why)
