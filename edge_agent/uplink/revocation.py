"""Whether the hub has revoked this station's key, as the agent wrote it down. For commands beside a running agent."""

from pathlib import Path
from typing import Final

from edge_agent.store.database import open_reader

_STORE: Final = "station.db"  # edge_agent.app.STORE_FILE
_FOUND: Final = "SELECT value FROM state WHERE kind = 'number' AND key = 'revoked_ms'"


def is_revoked(data_dir: Path) -> bool:
    """Read from the store's file. Works while the agent runs; False where there is no store."""
    path = data_dir / _STORE
    if not path.is_file():
        return False
    conn = open_reader(path)
    try:
        row = conn.execute(_FOUND).fetchone()
    finally:
        conn.close()
    return row is not None and int(row[0]) > 0
