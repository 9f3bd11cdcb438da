"""Many rows by one statement. `executemany` gives the GIL away and takes it back for every row; this does it once.

A number of rows is cut into powers of two, so that a few statements per table serve every size and stay prepared.
"""

import sqlite3
from typing import Final

_LARGEST: Final = 128

Value = int | str | bytes


class Bulk:
    """An INSERT of `width` columns; `rest` comes after the values (an ON CONFLICT clause)."""

    __slots__ = ("_by_rows", "width")

    def __init__(self, insert: str, width: int, rest: str = "") -> None:
        row = f"({','.join('?' * width)})"
        self.width = width
        sizes = [1 << power for power in reversed(range(_LARGEST.bit_length()))]
        self._by_rows = [(rows, f"{insert} VALUES {','.join([row] * rows)} {rest}") for rows in sizes]

    def insert(self, conn: sqlite3.Connection, values: list[Value]) -> None:
        """Insert the rows whose values stand one after the other in `values`; the caller begins and commits."""
        start, left = 0, len(values) // self.width
        for rows, statement in self._by_rows:
            while left >= rows:
                end = start + rows * self.width
                conn.execute(statement, values[start:end])
                start, left = end, left - rows
