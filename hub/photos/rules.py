"""Pure: which pictures a fact names."""

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

from protocols.photo.jpeg import MEDIA_TYPE
from protocols.photo.upload import DIGEST
from protocols.sync import facts
from protocols.values import from_ms

GONE: Final = "gone"
CHECKLIST: Final = "checklist"
_IDS: Final = uuid.UUID("6d0a6a57-9a58-4b0e-9a35-6a5c7f6f3f21")
_MOST_AGO_MS: Final = 7 * 86_400_000
_MEDIA: Final = re.compile(r"[a-z]+/[a-z0-9.+-]{1,30}")


def id_of(act_id: uuid.UUID, sha256: str) -> uuid.UUID:
    """The id of a picture that this act names."""
    return uuid.uuid5(_IDS, f"{act_id}/{sha256}")


def named_by(station_id: uuid.UUID, body: facts.Body) -> Iterator[dict[str, Any]]:
    """The rows of all pictures that this fact names, each once."""
    if isinstance(body, facts.StaffActed):
        about = {
            "act_id": body.act_id, "what": body.what[:20], "rental_id": body.rental_id,
            "account_id": body.account_id, "vehicle_id": body.vehicle_id, "dock_no": body.dock_no,
        }  # fmt: skip
        yield from _rows(station_id, body.at_ms, body.photos, body.pictures, about)
    elif isinstance(body, facts.ChecklistFilled):
        about = {
            "act_id": body.checklist_id, "what": CHECKLIST, "rental_id": None, "account_id": None,
            "vehicle_id": body.vehicle_id, "dock_no": body.dock_no,
        }  # fmt: skip
        names = tuple(name for one in body.answers for name in one.photos)
        pictures = tuple(picture for one in body.answers for picture in one.pictures)
        yield from _rows(station_id, body.at_ms, names, pictures, about)


def _rows(
    station_id: uuid.UUID, at_ms: int, names: Sequence[str], pictures: Sequence[facts.Picture], about: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    said = {one.sha256: one for one in pictures}
    for name in dict.fromkeys((*names, *said)):
        if DIGEST.fullmatch(name) is None:
            continue  # it names nothing that could ever come
        one = said.get(name)
        yield about | {
            "id": id_of(about["act_id"], name), "station_id": station_id, "sha256": name,
            "media_type": one.media_type if one and _MEDIA.fullmatch(one.media_type) else MEDIA_TYPE,
            "size": one.size if one and 0 <= one.size < 2**31 else None,
            "taken_at": _taken(at_ms, 0 if one is None else one.ago_ms),
        }  # fmt: skip


def _taken(at_ms: int, ago_ms: int) -> dt.datetime:
    return from_ms(at_ms - min(max(0, ago_ms), _MOST_AGO_MS))
