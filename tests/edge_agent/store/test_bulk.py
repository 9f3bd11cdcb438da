"""Many rows by one statement: all of them, once, in order."""

import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.store.bulk import Bulk


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(min_value=0, max_value=700))
def test_every_row_is_inserted_once_and_in_order(rows: int) -> None:
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT, value BLOB)")
    Bulk("INSERT INTO t (n, text, value)", 3).insert(conn, [v for n in range(rows) for v in (n, f"r{n}", b"%d" % n)])
    found = conn.execute("SELECT n, text, value FROM t ORDER BY rowid").fetchall()
    conn.close()
    assert found == [(n, f"r{n}", b"%d" % n) for n in range(rows)]


def test_what_comes_after_the_values_holds_for_every_row() -> None:
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE TABLE t (key TEXT PRIMARY KEY, value TEXT)")
    bulk = Bulk("INSERT INTO t (key, value)", 2, "ON CONFLICT (key) DO UPDATE SET value = excluded.value")
    for turn in ("a", "b"):
        bulk.insert(conn, [v for n in range(37) for v in (str(n), f"{turn}{n}")])
    found = dict(conn.execute("SELECT key, value FROM t").fetchall())
    conn.close()
    assert found == {str(n): f"b{n}" for n in range(37)}
