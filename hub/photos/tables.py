"""What is known of pictures; the pictures themselves lie in the file store."""

import datetime as dt
import uuid
from typing import Final

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.pages import Listed

_KEPT: Final = "here_at IS NOT NULL AND deleted_at IS NULL"
_TO_ERASE: Final = "deleted_at IS NOT NULL AND erased_at IS NULL"


class Photo(Listed):
    """A picture that an act of staff names; its id follows from both. Named by two acts it is two rows of one file.

    It waits until `here_at` is set; `lost_at` says that it will not come, and `why`: gone (at the station), or what
    was wrong with what came. From `deleted_at` on nobody is shown it, from `erased_at` on its bytes are gone too.
    """

    __tablename__ = "photos"
    __table_args__ = (
        Index("ix_photos_station_id_sha256", "station_id", "sha256"),
        Index("ix_photos_kept", "counts_at", postgresql_where=text(_KEPT), sqlite_where=text(_KEPT)),
        Index("ix_photos_to_erase", "counts_at", postgresql_where=text(_TO_ERASE), sqlite_where=text(_TO_ERASE)),
    )

    station_id: Mapped[uuid.UUID]
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int | None]  # an older agent does not say
    taken_at: Mapped[dt.datetime]
    counts_at: Mapped[dt.datetime]  # its time counts from when it was taken; at the latest from when the hub knew of it
    act_id: Mapped[uuid.UUID] = mapped_column(index=True)
    what: Mapped[str] = mapped_column(String(20))  # unlock, …, end_rental, checklist
    rental_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    account_id: Mapped[uuid.UUID | None]
    vehicle_id: Mapped[uuid.UUID | None]
    dock_no: Mapped[int | None]
    here_at: Mapped[dt.datetime | None]
    lost_at: Mapped[dt.datetime | None]
    why: Mapped[str] = mapped_column(String(40))
    deleted_at: Mapped[dt.datetime | None]
    erased_at: Mapped[dt.datetime | None]

    @property
    def state(self) -> str:
        """waiting, here, lost or deleted."""
        if self.deleted_at is not None:
            return "deleted"
        if self.here_at is not None:
            return "here"
        return "waiting" if self.lost_at is None else "lost"
