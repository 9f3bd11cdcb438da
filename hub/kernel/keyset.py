"""Opaque cursors for lists whose order is not (created_at, id): a few numbers and words of the last row's key."""

import base64
import binascii
import json
from collections.abc import Sequence

from hub.kernel.problem import invalid


def write_cursor(*parts: str | int) -> str:
    """The cursor after the row with this key."""
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def read_cursor(cursor: str, kinds: Sequence[type]) -> list[str | int]:
    """The key in the cursor, one part of each kind. Raises a 422 for a cursor that is not of this list."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        fits = isinstance(parts, list) and [type(part) for part in parts] == list(kinds)
    except (ValueError, binascii.Error, RecursionError):
        fits = False
    if not fits or any(isinstance(part, int) and abs(part) >= 2**63 for part in parts):
        raise invalid("cursor", "not a cursor of this list", place="query", rule="bad_cursor")
    return list(parts)
