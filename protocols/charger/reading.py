"""Tolerant reading of single OCPP fields: what can be understood is; the rest is None, never an exception."""

import datetime as dt
import math
from typing import Any, Final

UTC: Final = dt.UTC
LARGEST_INT: Final = 2**53 - 1  # what JSON peers can hold exactly; anything above is no reading


def text(payload: dict[str, Any], name: str, *, limit: int = 255) -> str:
    """A text field, stripped and cut to `limit` characters; "" where there is none."""
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    # Lone surrogates are legal JSON and break every later UTF-8 encoding; NUL breaks databases.
    clean = str(value).encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return clean.strip()[:limit]


def integer(payload: dict[str, Any], name: str) -> int | None:
    """A whole number, also from ``"123"`` or ``123.0``; None where there is none or it is out of all range."""
    value = number(payload.get(name))
    return None if value is None else round(value)


def number(value: object) -> float | None:
    """A finite number, also from text such as ``"11001.58"`` (MicroOcpp); else None.

    A decimal comma is not guessed at: "1,234" could be either of two figures a thousandfold apart.
    """
    if isinstance(value, bool):
        return None
    if not isinstance(value, str | int | float):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) and abs(read) <= LARGEST_INT else None


def moment(value: object) -> dt.datetime | None:
    """The aware UTC instant of a charger's timestamp; one without a zone is taken as UTC; None where unreadable.

    The charger's clock is kept as it is, even when it is plainly wrong: identical repeats must stay identical.
    """
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        at = dt.datetime.fromisoformat(value.strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if 1970 <= at.year < 2200 else None
