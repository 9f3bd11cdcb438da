"""Pure: what to tell of a rental's price when its row changes."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from hub.events import Billed

Row: TypeAlias = dict[str, Any]


def bills_between(before: Row | None, after: Row) -> Iterator[Billed]:
    """The bill that stands now, where it is another than before; a bill of nothing where there is none any more."""
    old, new = _bill(before), _bill(after)
    if new is not None and new != old:
        yield new
    elif new is None and old is not None:
        yield Billed(
            use=old.use, subject_id=old.subject_id, account_id=old.account_id, station_id=old.station_id,
            currency=old.currency, total_minor=0, tax_minor=0,
        )  # fmt: skip


def _bill(row: Row | None) -> Billed | None:
    if row is None or row["state"] != "ended" or row["total_minor"] is None or row["currency"] is None:
        return None
    return Billed(
        use="rental", subject_id=row["id"], account_id=row["account_id"], station_id=row["station_id"],
        currency=row["currency"], total_minor=row["total_minor"], tax_minor=row["tax_minor"] or 0,
    )  # fmt: skip
