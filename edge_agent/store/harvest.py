"""Takes every readable row out of a damaged file, or a sound one, and puts it into a new store. Writes only there.

First along the tables' trees from their roots, then, where a tree is broken, every page that no tree and no free list
names: a leaf keeps its rows when the page above it is gone.
"""

import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from edge_agent.store import cells
from edge_agent.store.cells import Row, Value
from edge_agent.store.chains import LANES, MAX_EPOCH, SEQ_BITS, SEQ_MASK, TABLE
from edge_agent.store.pages import Pages
from protocols.errors import Malformed
from protocols.sync.envelope import Lane, decode_fact
from protocols.sync.facts import LANES as LANE_OF

_HASH_BYTES: Final = 32
_MAX_PAGES_FREE: Final = 10_000_000
_LANE_BY_TYPE: Final = {body.__name__: lane for body, lane in LANE_OF.items()}
_INSERT: Final = {
    **{name: f"INSERT OR IGNORE INTO {name} (place, record, hash) VALUES (?, ?, ?)" for name in TABLE.values()},  # noqa: S608
    "journal": "INSERT OR IGNORE INTO journal (n, hlc, at_ms, kind, data) VALUES (?, ?, ?, ?, ?)",
    "epochs": "INSERT OR IGNORE INTO epochs (epoch, nonce, boot, hlc) VALUES (?, ?, ?, ?)",
    "cursors": "INSERT INTO cursors (lane, epoch, acked) VALUES (?, ?, ?)"
    " ON CONFLICT (lane, epoch) DO UPDATE SET acked = max(acked, excluded.acked)",
    "lost": "INSERT OR IGNORE INTO lost (lane, epoch, first_seq, last_seq, nonce, reason, gone, hash, told, at_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
}
STATE: Final = "state"
_WANTED: Final = ("epochs", "cursors", "lost", STATE, *TABLE.values(), "journal")


@dataclass(slots=True)
class Harvest:
    """What was found. `broken` are tables whose tree could not be followed to all its ends."""

    rows: int = 0
    bad_pages: int = 0
    broken: set[str] = field(default_factory=set)
    state: dict[tuple[str, str], str] = field(default_factory=dict)
    stray_state: dict[tuple[str, str], str] = field(default_factory=dict)
    acked: dict[tuple[str, int], int] | None = None  # by table and epoch: facts before these are left out


def roots_of(pages: Pages) -> dict[str, int]:
    """The tables' root pages as the file's own schema has them; empty when page 1 is gone."""
    found = {}
    for number, page in _tree(pages, 1, set(), None):
        for _, values in cells.rows(pages, page, number):
            match values:
                case ["table", str(name), str(), int(root), str()]:
                    found[name] = root
    return found


def user_version(pages: Pages) -> int:
    """The schema's version as the file's header has it (file format §1.3); 0 without a header."""
    page = pages.get(1)
    return 0 if page is None else int(struct.unpack_from(">I", page, 60)[0])


def harvest(pages: Pages, roots: Mapping[str, int], conn: sqlite3.Connection, *, lean: bool = False) -> Harvest:
    """Everything into `conn`, a new store, inside the caller's transaction; what is there already stays.

    `lean` leaves out what the hub holds, and the journal.
    """
    found = Harvest()
    seen: set[int] = {1}
    for table in _WANTED:
        root = roots.get(table)
        if root is None:
            found.broken.add(table)
            continue
        if lean and table in TABLE.values():
            found.acked = _acked(conn)
        before = found.bad_pages
        for number, page in _tree(pages, root, seen, found):
            _keep_all(conn, found, table, cells.rows(pages, page, number))
        if found.bad_pages > before:
            found.broken.add(table)
    if found.broken:
        _strays(pages, seen, found, conn)
    return found


def _acked(conn: sqlite3.Connection) -> dict[tuple[str, int], int]:
    rows = conn.execute("SELECT lane, epoch, acked FROM cursors")
    return {(TABLE[Lane(lane)], epoch): acked for lane, epoch, acked in rows}


def _is_held(found: Harvest, table: str, rowid: int | None) -> bool:
    """Whether a lean salvage leaves the row out; the last acknowledged fact stays, for its hash."""
    if found.acked is None or rowid is None:
        return False
    return table == "journal" or rowid & SEQ_MASK < found.acked.get((table, rowid >> SEQ_BITS), 0)


def _tree(pages: Pages, root: int, seen: set[int], found: Harvest | None) -> Iterator[tuple[int, bytes]]:
    """The pages of one tree that hold rows, as far as it can be followed; what cannot is counted."""
    waiting = [root]
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        page = pages.get(number)
        kind = 0 if page is None else cells.kind_of(page, number)
        if page is None or not kind or not _adds_up(page, number):
            if found is not None:
                found.bad_pages += 1
            continue
        seen.add(number)
        if kind in {cells.TABLE_INSIDE, cells.INDEX_INSIDE}:
            waiting += reversed(cells.children(page, number))
        if kind != cells.TABLE_INSIDE:
            yield number, page


def _adds_up(page: bytes, number: int) -> bool:
    """Whether the page's header can be one: an empty leaf is, a page of zeros never comes so far."""
    start = 100 if number == 1 else 0
    count, content = struct.unpack_from(">HH", page, start + 3)
    return int(count) <= 2000 and int(content or 65_536) >= start + 8 + 2 * int(count)


def _strays(pages: Pages, seen: set[int], found: Harvest, conn: sqlite3.Connection) -> None:
    free = _free_pages(pages)
    for number in range(2, pages.count + 1):
        page = None if number in seen or number in free else pages.get(number)
        if page is None or not cells.kind_of(page, number) or not _adds_up(page, number):
            continue
        for row in cells.rows(pages, page, number):
            table = _table_of(row)
            if table is not None:
                _keep(conn, found, table, row, stray=True)


def _free_pages(pages: Pages) -> set[int]:
    """What SQLite has on its list of free pages (file format §1.5): old rows that are no more."""
    first = pages.get(1)
    free: set[int] = set()
    trunk = 0 if first is None or not cells.kind_of(first, 1) else struct.unpack_from(">I", first, 32)[0]
    while trunk and trunk not in free and len(free) < _MAX_PAGES_FREE:
        page = pages.get(trunk)
        if page is None:
            break
        free.add(trunk)
        following, count = struct.unpack_from(">II", page)
        free.update(struct.unpack_from(f">{min(count, 1022)}I", page, 8))
        trunk = following
    return free


def _table_of(row: Row) -> str | None:
    """Which table a row without a tree belongs to, by its shape."""
    rowid, values = row
    match values:
        case [None, str(record), bytes(value)] if rowid is not None and len(value) == _HASH_BYTES:
            return _lane_table(record)
        case [None, int(), int(), str(), str()] if rowid is not None:
            return "journal"
        case [None, str(), str(), int()] if rowid is not None:
            return "epochs"
        case [str(), int(), int()] if rowid is None:
            return "cursors"
        case [str(), str(), str()] if rowid is None:
            return STATE
        case [str(), int(), int(), _, str(), str(), int(), _, int(), int()]:
            return "lost"
    return None


def _lane_table(record: str) -> str | None:
    """A fact's lane follows from its type; one of an unknown type is taken for business, which is never given up."""
    try:
        name = decode_fact(record.encode()).type
    except Malformed:
        return None
    return TABLE[_LANE_BY_TYPE.get(name, Lane.BUSINESS)]


def _keep_all(conn: sqlite3.Connection, found: Harvest, table: str, rows: Iterable[Row]) -> None:
    """One page's rows by one call: a call for each would take most of the time."""
    every = list(rows)
    if table != STATE:
        made = [values for row in every if not _is_held(found, table, row[0]) and (values := _values(table, row))]
        try:
            found.rows += conn.executemany(_INSERT[table], made).rowcount if made else 0
        except (sqlite3.IntegrityError, OverflowError):
            pass  # one of them has another shape: each by itself, those that are there already stay
        else:
            return
    for row in every:
        _keep(conn, found, table, row)


def _keep(conn: sqlite3.Connection, found: Harvest, table: str, row: Row, *, stray: bool = False) -> None:
    if table == STATE:
        match row:
            case None, [str(kind), str(key), str(value)]:
                (found.stray_state if stray else found.state)[kind, key] = value
        return
    values = _values(table, row)
    if values is None or _is_held(found, table, row[0]):
        return
    try:
        found.rows += conn.execute(_INSERT[table], values).rowcount
    except (sqlite3.IntegrityError, OverflowError):
        found.bad_pages += 1  # a row of another shape: STRICT and NOT NULL say so


def _values(table: str, row: Row) -> list[Value] | None:
    rowid, values = row
    if table in TABLE.values():
        match values:
            case [None, str(record), bytes(value)] if rowid is not None and _is_fact(rowid, record, value):
                return [rowid, record, value]
        return None
    if table in {"journal", "epochs"}:
        return [rowid, *values[1:]] if rowid is not None and len(values) == (5 if table == "journal" else 4) else None
    if table == "cursors":
        match values:
            case [str(lane), int(epoch), int(acked)] if lane in LANES and epoch > 0 and acked >= 0:
                return values
        return None
    return values if len(values) == 10 else None


def _is_fact(place: int, record: str, value: bytes) -> bool:
    if not 0 < place >> SEQ_BITS <= MAX_EPOCH or len(value) != _HASH_BYTES:
        return False
    try:
        decode_fact(record.encode())
    except Malformed:
        return False
    return True
