"""Whether a vehicle that its renter left beside full docks stood there."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

_OPEN = 2**63 - 1
_PARKED = "state = 'ended' AND (ended_by = 'overflow' OR flags LIKE '% parked %')"


def upgrade() -> None:
    op.add_column("rentals", sa.Column("parking", sa.String(length=12), nullable=True))
    op.add_column("rentals", sa.Column("parking_hlc", BigInt, nullable=True))
    op.add_column("rentals", sa.Column("parking_look", Json, nullable=True))
    # The next that is seen of the vehicle folds the ride anew, with all that was seen before.
    op.execute(f"UPDATE rentals SET parking = 'waiting', parking_hlc = {_OPEN}, settled_hlc = {_OPEN} WHERE {_PARKED}")  # noqa: S608
