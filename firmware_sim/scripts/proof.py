"""The proof: what the hub holds, against the receipts people saw, the price list, and what physically happened.

Pure: evidence in, findings out. Every finding is a sentence for a person.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from firmware_sim.chargers.memory import Charge
from protocols.tariff.tariff import Price, Tariff, price_of_charge, price_of_rental

JSON = dict[str, Any]
RESOLUTION_WH: Final = 1.0  # a register in whole Wh, read at both ends
METER_SLACK_WH: Final = 80.0  # two ticks of two chargers at the script's speed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ridden:
    """One rental as it was played: what the kiosk showed, and how often the bolt really opened for it."""

    rental_id: str
    label: str
    from_dock: int
    to_dock: int
    offline: bool
    quote: JSON
    receipt: JSON
    unlocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """One charge as it was played, with the charger's own book entry."""

    charger_id: str
    offline: bool
    charge: Charge


@dataclass(slots=True, kw_only=True)
class Evidence:
    """Everything that the proof looks at."""

    rides: list[Ridden] = field(default_factory=list)
    charges: list[Charged] = field(default_factory=list)
    rentals: list[JSON] = field(default_factory=list)
    sessions: list[JSON] = field(default_factory=list)
    tariffs: list[JSON] = field(default_factory=list)
    quarantine: list[JSON] = field(default_factory=list)
    book: JSON = field(default_factory=dict)


def check(evidence: Evidence) -> Iterator[tuple[str, list[str]]]:
    """Every promise with what is wrong about it; an empty list where it holds."""
    yield from check_rides(evidence)
    yield "both charges are at the hub, each exactly once", list(_sessions_once(evidence))
    yield "their energy is what really flowed, their price the list's", list(_energies(evidence))
    yield "the grid meter saw that energy too", list(_metered(evidence))


def check_rides(evidence: Evidence) -> Iterator[tuple[str, list[str]]]:
    """What must be true of the rides alone."""
    yield "every rental is at the hub, exactly once", list(_once(evidence))
    yield "its bill is the receipt that people saw", list(_receipts(evidence))
    yield "its price is that of the price list", list(_prices(evidence))
    yield "each lock opened once for its rental, and never else", list(_locks(evidence))
    yield "nothing is in quarantine", [f"quarantined: {one}" for one in evidence.quarantine]


def _once(evidence: Evidence) -> Iterator[str]:
    known = {ride.rental_id: ride for ride in evidence.rides}
    ids = [one["id"] for one in evidence.rentals]
    for rental_id in known:
        if ids.count(rental_id) != 1:
            yield f"rental {rental_id} is there {ids.count(rental_id)} times"
    for one in evidence.rentals:
        if one["id"] not in known:
            yield f"rental {one['id']} is there, but nobody rode it"
        elif one["state"] != "ended":
            yield f"rental {one['id']} is {one['state']}, not ended"
        elif one["offline"] is not known[one["id"]].offline:
            yield f"rental {one['id']} says offline={one['offline']}"


def _at_hub(items: list[JSON], wanted: str) -> JSON | None:
    return next((one for one in items if one["id"] == wanted), None)


def _receipts(evidence: Evidence) -> Iterator[str]:
    for ride in evidence.rides:
        rental = _at_hub(evidence.rentals, ride.rental_id)
        if rental is None:
            yield f"{ride.label}: no rental to compare with"
            continue
        shown = [_line_of_receipt(line) for line in ride.receipt["lines"]]
        kept = [_line_of_bill(line) for line in rental["bill"] or []]
        if shown != kept:
            yield f"{ride.label}: the receipt has {shown}, the hub {kept}"
        if rental["total"] is None or rental["tax"] is None:
            yield f"{ride.label}: the hub has no total"
            continue
        for name, receipt, hub in (
            ("total", ride.receipt["total"]["minor"], rental["total"]["minor"]),
            ("tax", ride.receipt["tax"]["minor"], rental["tax"]["minor"]),
            ("currency", ride.receipt["total"]["currency"], rental["total"]["currency"]),
        ):
            if receipt != hub:
                yield f"{ride.label}: {name} {receipt} on the receipt, {hub} at the hub"


def _line_of_receipt(line: JSON) -> tuple[str, float, int, int]:
    return line["key"], line["quantity"], line["unit_price"]["minor"], line["amount"]["minor"]


def _line_of_bill(line: JSON) -> tuple[str, float, int, int]:
    return line["key"], line["quantity"], line["unit_price_minor"], line["amount_minor"]


def _line_of_price(price: Price) -> list[tuple[str, float, int, int]]:
    return [(line.key, line.quantity, line.unit_price_minor, line.amount_minor) for line in price.lines]


def _prices(evidence: Evidence) -> Iterator[str]:
    """Worked out anew from the hub's price list; what the person was promised at the kiosk must be the same."""
    for ride in evidence.rides:
        promised = ride.quote["tariff"]
        tariff = _tariff(evidence, promised["tariff_id"], promised["version"])
        if tariff is None:
            yield f"{ride.label}: the hub has no tariff {promised['tariff_id']} version {promised['version']}"
            continue
        if (promised["unlock"]["minor"], promised["per_minute"]["minor"]) != (
            tariff.unlock_minor,
            tariff.per_minute_minor,
        ):
            yield f"{ride.label}: another price was shown than the list has"
        price = price_of_rental(tariff, ride.receipt["duration_s"])
        rental = _at_hub(evidence.rentals, ride.rental_id)
        if rental is not None and rental["price_checked"] is not True:
            yield f"{ride.label}: the hub's own sum does not agree"
        if price.total_minor != ride.receipt["total"]["minor"] or price.tax_minor != ride.receipt["tax"]["minor"]:
            yield f"{ride.label}: {ride.receipt['total']['minor']} was charged, the list says {price.total_minor}"
        if _line_of_price(price) != [_line_of_receipt(line) for line in ride.receipt["lines"]]:
            yield f"{ride.label}: the receipt's lines are not the list's"


def _tariff(evidence: Evidence, tariff_id: str, version: int) -> Tariff | None:
    for one in evidence.tariffs:
        for edition in one["versions"]:
            prices = edition["prices"]
            if one["id"] == tariff_id and edition["version"] == version:
                return Tariff(
                    tariff_id=uuid.UUID(tariff_id),
                    version=version,
                    name=one["name"],
                    use=one["use"],
                    currency=one["currency"],
                    unlock_minor=prices["unlock_minor"],
                    per_minute_minor=prices["per_minute_minor"],
                    free_minutes=prices["free_minutes"],
                    day_cap_minor=prices["day_cap_minor"],
                    per_kwh_minor=prices["per_kwh_minor"],
                    deposit_minor=prices["deposit_minor"],
                    tax_pct=prices["tax_pct"],
                )
    return None


def _locks(evidence: Evidence) -> Iterator[str]:
    for ride in evidence.rides:
        if ride.unlocks != 1:
            yield f"dock {ride.from_dock} opened {ride.unlocks} times for {ride.label}"
    opened = [command for dock in evidence.book["docks"].values() for command in dock["unlocks"]]
    if len(opened) != len(evidence.rides):
        yield f"docks opened {len(opened)} times for {len(evidence.rides)} rentals"
    if len(set(opened)) != len(opened):
        yield "a command opened a dock twice"
    pulls = evidence.book["counts"].get("pull", 0)
    if pulls != len(evidence.rides):
        yield f"{pulls} vehicles were pulled out for {len(evidence.rides)} rentals"


def _sessions_once(evidence: Evidence) -> Iterator[str]:
    for one in evidence.charges:
        found = [session for session in evidence.sessions if _is_session(session, one)]
        if len(found) != 1:
            yield f"{one.charger_id}: the charge is there {len(found)} times"
        for session in found:
            if session["state"] != "ended":
                yield f"{one.charger_id}: the charge is {session['state']}"
            if session["offline"] is not one.offline:
                yield f"{one.charger_id}: the charge says offline={session['offline']}"
    if len(evidence.sessions) != len(evidence.charges):
        yield f"{len(evidence.sessions)} sessions at the hub for {len(evidence.charges)} charges"
    physical = sum(len(charger["charges"]) for charger in evidence.book["chargers"].values())
    if physical != len(evidence.charges):
        yield f"{physical} charges happened, {len(evidence.charges)} were played"


def _is_session(session: JSON, charged: Charged) -> bool:
    same = (session["charger_id"], session["transaction_id"]) == (charged.charger_id, charged.charge.transaction_id)
    return same and session["id_token"] == charged.charge.id_token


def _energies(evidence: Evidence) -> Iterator[str]:
    for one in evidence.charges:
        for session in (session for session in evidence.sessions if _is_session(session, one)):
            told_wh = session["energy_wh"]
            if told_wh is None or abs(told_wh - one.charge.energy_wh) > RESOLUTION_WH:
                yield f"{one.charger_id}: {told_wh} Wh at the hub, {one.charge.energy_wh:.1f} Wh flowed"
                continue
            yield from _charge_price(evidence, one, session, told_wh)


def _charge_price(evidence: Evidence, one: Charged, session: JSON, energy_wh: int) -> Iterator[str]:
    tariff = _tariff(evidence, session["tariff_id"], session["tariff_version"])
    if tariff is None:
        yield f"{one.charger_id}: the hub has no such tariff: {session['tariff_id']}"
        return
    price = price_of_charge(tariff, energy_wh)
    if session["price_checked"] is not True:
        yield f"{one.charger_id}: the hub's own sum does not agree"
    if session["total"] is None or session["total"]["minor"] != price.total_minor:
        yield f"{one.charger_id}: {session['total']} at the hub, the list says {price.total_minor}"


def _metered(evidence: Evidence) -> Iterator[str]:
    charged_wh = sum(one.charge.energy_wh for one in evidence.charges)
    seen_wh = evidence.book["meter"]["import_wh"]
    if seen_wh + METER_SLACK_WH < charged_wh:
        yield f"the grid meter saw {seen_wh:.0f} Wh, the chargers gave {charged_wh:.0f} Wh"
