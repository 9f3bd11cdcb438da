"""Pure: which pictures a fact names, and when a picture's time is over."""

import datetime as dt
import re
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from protocols.photo.jpeg import MEDIA_TYPE
from protocols.photo.upload import DIGEST
from protocols.sync import facts
from protocols.values import from_ms

GONE: Final = "gone"
CHECKLIST: Final = "checklist"
_IDS: Final = uuid.UUID("6d0a6a57-9a58-4b0e-9a35-6a5c7f6f3f21")
_MOST_AGO_MS: Final = 7 * 86_400_000
_LOOKED_AT: Final = dt.timedelta(days=7)  # what came late, or from a station whose clock is behind, can be looked at
_MEDIA: Final = re.compile(r"[a-z]+/[a-z0-9.+-]{1,30}")


class Kept(Protocol):
    """What decides about a picture's row."""

    @property
    def station_id(self) -> uuid.UUID: ...
    @property
    def sha256(self) -> str: ...
    @property
    def act_id(self) -> uuid.UUID: ...
    @property
    def rental_id(self) -> uuid.UUID | None: ...
    @property
    def vehicle_id(self) -> uuid.UUID | None: ...
    @property
    def counts_at(self) -> dt.datetime: ...
    @property
    def here_at(self) -> dt.datetime | None: ...
    @property
    def deleted_at(self) -> dt.datetime | None: ...


Named = tuple[uuid.UUID, str]
"""A file: its station and its SHA-256. Several rows may name it."""
_K = TypeVar("_K", bound=Kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What counts from before `counted`, and has been here since before `here`, goes."""

    counted: dt.datetime
    here: dt.datetime


def ends(now: dt.datetime, kept: dt.timedelta) -> Ends:
    """Where the time of pictures ends that are kept for so long."""
    return Ends(counted=now - kept, here=now - min(kept, _LOOKED_AT))


def due(rows: Iterable[_K], in_question: Collection[uuid.UUID], ends: Ends) -> list[_K]:
    """Which of these rows are to be called deleted. A file's rows go together, once the time of all is over."""
    files: dict[Named, list[_K]] = defaultdict(list)
    for row in rows:
        files[row.station_id, row.sha256].append(row)
    over = [
        own for own in files.values() if all(_is_over(row, ends) and not _is_asked(row, in_question) for row in own)
    ]
    return [row for own in over for row in own if row.deleted_at is None]


def asked_for(rows: Iterable[Kept], in_question: Collection[uuid.UUID]) -> AbstractSet[Named]:
    """The files about which an open case asks."""
    return {(row.station_id, row.sha256) for row in rows if _is_asked(row, in_question)}


def file_of(station_id: uuid.UUID, name: str) -> str:
    """Where a picture lies in the file store."""
    return f"photos/{station_id}/{name}.jpg"


def _is_over(row: Kept, ends: Ends) -> bool:
    return row.counts_at < ends.counted and (row.here_at is None or row.here_at < ends.here)


def _is_asked(row: Kept, in_question: Collection[uuid.UUID]) -> bool:
    return any(one in in_question for one in (row.act_id, row.rental_id, row.vehicle_id))


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
