"""What is known of pictures; the pictures themselves lie in the file store."""

import datetime as dt
import uuid

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.pages import Listed


class Photo(Listed):
    """A picture that an act of staff names; its id follows from both. Named by two acts it is two rows of one file.

    It waits until `here_at` is set; `lost_at` says that it will not come, and `why`: gone (at the station), or what
    was wrong with what came.
    """

    __tablename__ = "photos"
    __table_args__ = (Index("ix_photos_station_id_sha256", "station_id", "sha256"),)

    station_id: Mapped[uuid.UUID]
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int | None]  # an older agent does not say
    taken_at: Mapped[dt.datetime]
    act_id: Mapped[uuid.UUID] = mapped_column(index=True)
    what: Mapped[str] = mapped_column(String(20))  # unlock, …, end_rental, checklist
    rental_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    account_id: Mapped[uuid.UUID | None]
    vehicle_id: Mapped[uuid.UUID | None]
    dock_no: Mapped[int | None]
    here_at: Mapped[dt.datetime | None]
    lost_at: Mapped[dt.datetime | None]
    why: Mapped[str] = mapped_column(String(40))

    @property
    def state(self) -> str:
        """waiting, here or lost."""
        if self.here_at is not None:
            return "here"
        return "waiting" if self.lost_at is None else "lost"
