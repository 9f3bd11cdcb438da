"""Who was out on two rides at once, and which voucher was used more often than it allows, over all stations.

Stations that are cut off cannot know of each other: both rides stay as they are, the later one is flagged.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.rentals import repository, returns, rules
from hub.rentals.returns import Held, Key
from hub.rentals.rules import Row

Rows = dict[uuid.UUID, Row]
FLAGS: Final = ("over_limit", "voucher_used_twice")


async def flag(session: AsyncSession, before: Rows, after: Rows) -> None:
    """Set both flags on what has moved, and on the rides of the same account or voucher. May add rows to both."""
    moved = [
        row
        for rental_id, new in after.items()
        if _span(new) != _span(before.get(rental_id))
        for row in (new, before.get(rental_id))
        if row is not None and row["began_hlc"] is not None
    ]
    for rental_id, row in after.items():  # folding has cleared the flags of rows whose period is the same
        old = before.get(rental_id)
        if old is not None and _span(row) == _span(old):
            for name in FLAGS:
                _set_flag(row, name, on=f" {name} " in old["flags"])
    await _of_accounts(session, before, after, [row for row in moved if row["account_id"] is not None])
    await _of_vouchers(session, before, after, [row for row in moved if row["voucher_id"] is not None])


async def _of_accounts(session: AsyncSession, before: Rows, after: Rows, moved: Sequence[Row]) -> None:
    if not moved:
        return
    since = min(row["began_hlc"] for row in moved)
    accounts = {row["account_id"] for row in moved}
    await repository.line_up_accounts(session, accounts)
    stored = await repository.account_rows(session, accounts, since)
    for theirs in _by("account_id", accounts, stored | after).values():
        over = returns.over_limit(Held(key=_began(row), ended_hlc=row["ended_hlc"]) for row in theirs)
        _mark(before, after, [row for row in theirs if row["began_hlc"] >= since], "over_limit", over)


async def _of_vouchers(session: AsyncSession, before: Rows, after: Rows, moved: Sequence[Row]) -> None:
    vouchers = {row["voucher_id"] for row in moved}
    if not vouchers:
        return
    most = await repository.voucher_uses(session, vouchers)
    await repository.line_up_vouchers(session, most)
    stored = await repository.voucher_rows(session, most)
    for voucher_id, theirs in _by("voucher_id", most, stored | after).items():
        over = sorted(_began(row) for row in theirs)[most[voucher_id] :]
        _mark(before, after, theirs, "voucher_used_twice", set(over))


def _by(name: str, wanted: Iterable[uuid.UUID], rows: Rows) -> dict[uuid.UUID, list[Row]]:
    found: dict[uuid.UUID, list[Row]] = defaultdict(list)
    keys = set(wanted)
    for row in rows.values():
        if row[name] in keys and _rides(row):
            found[row[name]].append(row)
    return found


def _mark(before: Rows, after: Rows, rows: Sequence[Row], name: str, over: set[Key]) -> None:
    for row in rows:
        new = row if row["id"] in after else dict(row)
        _set_flag(new, name, on=_began(row) in over)
        if new is not row and new["flags"] != row["flags"]:
            before[row["id"]], after[row["id"]] = row, new


def _rides(row: Row) -> bool:
    return row["state"] in {"active", "ended"} and row["began_hlc"] is not None


def _began(row: Row) -> Key:
    return (row["began_hlc"], row["station_id"].bytes, row["id"].bytes)


def _span(row: Row | None) -> tuple[object, ...]:
    if row is None:
        return ()
    return (row["account_id"], row["voucher_id"], row["station_id"], row["began_hlc"], row["ended_hlc"], _rides(row))


def _set_flag(row: Row, name: str, *, on: bool) -> None:
    flags = set(row["flags"].split())
    row["flags"] = rules.flags_text(flags | {name} if on else flags - {name})
