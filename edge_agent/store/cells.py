"""Rows out of single pages of a SQLite file: b-tree pages, cells, records (file format §1.6, §2.1).

Believes nothing: whatever does not add up is left out, and never raises.
"""

import struct
from collections.abc import Iterator
from typing import Final

from edge_agent.store.pages import PAGE_BYTES, Pages

TABLE_LEAF: Final = 13
TABLE_INSIDE: Final = 5
INDEX_LEAF: Final = 10
INDEX_INSIDE: Final = 2
_FILE_HEADER: Final = 100  # before page 1's own
_INTEGERS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_MAX_PAYLOAD: Final = 16 * 1024 * 1024
# How much of a record stands in its page, the rest in overflow pages (file format §1.6).
_MOST_IN_TABLE: Final = PAGE_BYTES - 35
_MOST_IN_INDEX: Final = (PAGE_BYTES - 12) * 64 // 255 - 23
_LEAST: Final = (PAGE_BYTES - 12) * 32 // 255 - 23
_BROKEN: Final = (IndexError, ValueError, struct.error)

Value = int | float | str | bytes | None
Row = tuple[int | None, list[Value]]  # rowid (None in an index) and columns


def kind_of(page: bytes, number: int) -> int:
    """The b-tree page's kind, 0 for what is none."""
    kind = page[_FILE_HEADER if number == 1 else 0]
    return kind if kind in {TABLE_LEAF, TABLE_INSIDE, INDEX_LEAF, INDEX_INSIDE} else 0


def children(page: bytes, number: int) -> list[int]:
    """The pages under an inside page, in order of their keys."""
    start = _FILE_HEADER if number == 1 else 0
    (right,) = struct.unpack_from(">I", page, start + 8)
    cells = (at for at in _pointers(page, start, 12) if at + 4 <= PAGE_BYTES)
    return [*(struct.unpack_from(">I", page, at)[0] for at in cells), right]


def rows(pages: Pages, page: bytes, number: int) -> Iterator[Row]:
    """Every row in the page that can be read; an inside page of an index holds rows too."""
    kind = kind_of(page, number)
    start = _FILE_HEADER if number == 1 else 0
    for at in _pointers(page, start, 8 if kind in {TABLE_LEAF, INDEX_LEAF} else 12):
        try:
            row = _row(pages, page, kind, at)
        except _BROKEN:
            continue
        if row is not None:
            yield row


def _pointers(page: bytes, start: int, header: int) -> tuple[int, ...]:
    (count,) = struct.unpack_from(">H", page, start + 3)
    most = (PAGE_BYTES - start - header) // 2
    return struct.unpack_from(f">{min(count, most)}H", page, start + header)


def _row(pages: Pages, page: bytes, kind: int, at: int) -> Row | None:
    if kind == TABLE_INSIDE:
        return None
    if kind == INDEX_INSIDE:
        at += 4
    size, at = _varint(page, at)
    rowid: int | None = None
    if kind == TABLE_LEAF:
        rowid, at = _varint(page, at)
        rowid = rowid - (1 << 64) if rowid >= 1 << 63 else rowid
    if not 0 < size <= _MAX_PAYLOAD:
        return None
    payload = _payload(pages, page, at, size, _MOST_IN_TABLE if kind == TABLE_LEAF else _MOST_IN_INDEX)
    return rowid, _columns(payload)


def _payload(pages: Pages, page: bytes, at: int, size: int, most: int) -> bytes:
    """The record's bytes, from its overflow pages too. Raises ValueError when they are not all there."""
    local = size
    if size > most:
        local = _LEAST + (size - _LEAST) % (PAGE_BYTES - 4)
        local = local if local <= most else _LEAST
    found = page[at : at + local]
    if len(found) < local:
        raise ValueError("cut short")
    if local == size:
        return found
    parts, left = [found], size - local
    (number,) = struct.unpack_from(">I", page, at + local)
    while left > 0:
        more = pages.get(number)
        if more is None:
            raise ValueError("an overflow page is missing")
        (number,) = struct.unpack_from(">I", more)
        parts.append(more[4 : 4 + min(left, PAGE_BYTES - 4)])
        left -= PAGE_BYTES - 4
    return b"".join(parts)


def _columns(payload: bytes) -> list[Value]:
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        value, at = _value(payload, kind, at)
        values.append(value)
    if at > len(payload):
        raise ValueError("cut short")
    return values


def _value(payload: bytes, kind: int, at: int) -> tuple[Value, int]:
    if kind >= 12:
        size = (kind - 12) // 2
        raw = payload[at : at + size]
        return (raw.decode() if kind & 1 else raw), at + size
    if kind in _INTEGERS:
        size = _INTEGERS[kind]
        return int.from_bytes(payload[at : at + size], "big", signed=True), at + size
    if kind == 7:
        return float(struct.unpack_from(">d", payload, at)[0]), at + 8
    if kind in {0, 8, 9}:
        return {0: None, 8: 0, 9: 1}[kind], at
    raise ValueError("no such type")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Seven bits a byte, most significant first; a ninth byte gives all its eight."""
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    value = byte & 0x7F
    for step in range(1, 8):
        byte = data[at + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    return value << 8 | data[at + 8], at + 9
