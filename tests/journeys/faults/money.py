"""What the hub's amounts must be, worked out anew from its own price list. Pure."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from protocols.sync.facts import RentalEnded
from protocols.tariff.tariff import Price, Tariff, price_of_charge, price_of_rental

JSON = dict[str, Any]
Tariffs = Mapping[tuple[str, int], Tariff]
_ROUNDING_S: Final = 0.0005  # the wire's duration is rounded to milliseconds, the station's own sum was not


def tariffs_of(documents: Sequence[JSON]) -> dict[tuple[str, int], Tariff]:
    """The hub's `/api/v1/tariffs` by id and version."""
    prices = ("unlock_minor", "per_minute_minor", "free_minutes", "day_cap_minor", "per_kwh_minor", "deposit_minor")
    return {
        (one["id"], edition["version"]): Tariff(
            tariff_id=uuid.UUID(one["id"]),
            version=edition["version"],
            name=one["name"],
            use=one["use"],
            currency=one["currency"],
            tax_pct=edition["prices"]["tax_pct"],
            **{name: edition["prices"][name] for name in prices},
        )
        for one in documents
        for edition in one["versions"]
    }


def rental(held: JSON, ended: RentalEnded, tariffs: Tariffs) -> Iterator[str]:
    """What is wrong with the amounts of a rental that ended."""
    tariff = tariffs.get((str(ended.bill.tariff_id), ended.bill.tariff_version))
    if tariff is None:
        yield f"rental {held['id']}: no such tariff at the hub"
        return
    lengths = (ended.duration_s, ended.duration_s - _ROUNDING_S, ended.duration_s + _ROUNDING_S)
    right = [_amounts(price_of_rental(tariff, duration_s)) for duration_s in lengths]
    if _told(held) not in right:
        yield f"rental {held['id']}: {_told(held)} at the hub, the price list says {right[0]}"
    if held["price_checked"] is not True:
        yield f"rental {held['id']}: the hub's own sum does not agree"


def session(held: JSON, tariffs: Tariffs) -> Iterator[str]:
    """What is wrong with the amounts of a charging session; one whose card was refused costs nothing."""
    if held["state"] == "refused" or held["energy_wh"] is None:
        if held["total"] is not None:
            yield f"charging session {held['id']}: {held['total']} for a card that was refused"
        return
    tariff = tariffs.get((held["tariff_id"], held["tariff_version"]))
    if tariff is None:
        yield f"charging session {held['id']}: no such tariff at the hub"
    elif _told(held) != (right := _amounts(price_of_charge(tariff, held["energy_wh"]))):
        yield f"charging session {held['id']}: {_told(held)} at the hub, the price list says {right}"


def _amounts(price: Price) -> tuple[str | None, int | None, int | None]:
    return price.currency, price.total_minor, price.tax_minor


def _told(held: JSON) -> tuple[str | None, int | None, int | None]:
    total, tax = held["total"] or {}, held["tax"] or {}
    return total.get("currency"), total.get("minor"), tax.get("minor")
