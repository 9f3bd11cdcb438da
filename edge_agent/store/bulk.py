"""Many rows by one statement. `executemany` gives the GIL away and takes it back for every row; this does it once.

A number of rows is cut into powers of two, so that a few statements per table serve every size and stay prepared.
Rows that are a whole transaction go by one statement of exactly their number: it begins, writes and commits in one
go, while the event loop has the GIL to itself.
"""

import sqlite3
from typing import Final

_LARGEST: Final = 128

Value = int | str | bytes


class Bulk:
    """An INSERT of `width` columns; `rest` comes after the values (an ON CONFLICT clause)."""

    __slots__ = ("_by_rows", "_exact", "_insert", "_rest", "_row", "width")

    def __init__(self, insert: str, width: int, rest: str = "") -> None:
        self.width = width
        self._insert, self._rest = insert, rest
        self._row = f"({','.join('?' * width)})"
        sizes = [1 << power for power in reversed(range(_LARGEST.bit_length()))]
        self._by_rows = [(rows, self._statement(rows)) for rows in sizes]
        self._exact: dict[int, str] = {}

    def _statement(self, rows: int) -> str:
        return f"{self._insert} VALUES {','.join([self._row] * rows)} {self._rest}"

    def exactly(self, values: int) -> str | None:
        """One statement for so many values; None when they are too many rows for one."""
        found = self._exact.get(values)
        if found is None and 0 < values <= _LARGEST * self.width:
            found = self._exact[values] = self._statement(values // self.width)
        return found

    def insert(self, conn: sqlite3.Connection, values: list[Value]) -> None:
        """Insert the rows whose values stand one after the other in `values`; the caller begins and commits."""
        start, left = 0, len(values) // self.width
        for rows, statement in self._by_rows:
            while left >= rows:
                end = start + rows * self.width
                conn.execute(statement, values[start:end])
                start, left = end, left - rows
