"""Makes a new store of what can still be read of a damaged one and of its backup. The damaged file is only read.

Facts come from both, state from whichever knows more; every chain is walked, what cannot be continued gets new
numbers in a new epoch, and what is lost is written down by numbers for the hub (docs/decisions/0039).
"""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import msgspec
import structlog

from edge_agent.store import aside, lost, migrations
from edge_agent.store.chains import LANES, MAX_EPOCH, SEQ_BITS, TABLE, place_of
from edge_agent.store.database import PAGE_BYTES, as_store_error
from edge_agent.store.epochs import rehome
from edge_agent.store.errors import StoreFull, StoreTooNew
from edge_agent.store.examine import Examined, examine
from edge_agent.store.harvest import Harvest, harvest, roots_of, user_version
from edge_agent.store.lost import Lost
from edge_agent.store.outbox import Outbox, last_hlc
from edge_agent.store.pages import Pages
from protocols.sync.envelope import Lane, LossReason
from protocols.values import to_ms

BACKUP: Final = "backup"
# The file that was read may miss the newest epochs; theirs must not be given again.
EPOCHS_UNSEEN: Final = 1000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """What became of it; also the journal's entry. `gone` are the numbers that are surely lost."""

    why: str
    epoch: int
    rows: int
    moved: int
    gone: int
    bad_pages: int
    broken_tables: tuple[str, ...]
    state_from: str
    lean: bool


def salvage(path: Path, *, why: str, nonce: str, boot: str, at: dt.datetime) -> Salvaged:
    """Put a salvaged file in the place of the damaged (or missing) one. Raises StoreFull, StoreUnwritable, OSError.

    Where there is no room for all, what the hub holds and the journal stay in the damaged file.
    """
    try:
        done = _salvage(path, why=why, nonce=nonce, boot=boot, at=at, lean=False)
    except StoreFull:
        done = _salvage(path, why=why, nonce=nonce, boot=boot, at=at, lean=True)
    old = aside.take_place(path)
    _log.error("store_salvaged", moved_aside=str(old), **asdict(done))
    return done


def _salvage(path: Path, *, why: str, nonce: str, boot: str, at: dt.datetime, lean: bool) -> Salvaged:
    target = aside.beside(path, "salvaging")
    target.unlink(missing_ok=True)
    conn = sqlite3.connect(target, isolation_level=None)
    try:
        with _as_store_errors():
            conn.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            conn.execute("PRAGMA journal_mode = OFF")  # a file that is not whole is thrown away
            conn.execute("PRAGMA synchronous = OFF")  # synced once, at the end
            migrations.migrate(conn)
            done = _fill(conn, path, why=why, nonce=nonce, boot=boot, at=at, lean=lean)
    except BaseException:
        conn.close()
        target.unlink(missing_ok=True)
        raise
    conn.close()
    aside.sync_file(target)
    target.rename(aside.beside(path, "salvaged"))
    aside.sync_folder(path.parent)
    return done


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise as_store_error(error) from error


def _fill(
    conn: sqlite3.Connection, path: Path, *, why: str, nonce: str, boot: str, at: dt.datetime, lean: bool
) -> Salvaged:
    conn.execute("BEGIN")
    file, backup, hlcs = _both(conn, path, lean=lean)
    state, state_from = _state(file, backup, hlcs)
    conn.executemany("INSERT INTO state (kind, key, value) VALUES (?, ?, ?)", [(*key, v) for key, v in state.items()])
    conn.execute("INSERT INTO meta (key, value) VALUES ('clean', '0')")
    broken, losses, bad = _chains(conn, file, to_ms(at))
    for lane, place in bad:
        conn.execute(f"DELETE FROM {TABLE[lane]} WHERE place = ?", (place,))  # noqa: S608
    _name_unknown(conn)
    lost.put(conn, losses)
    conn.execute("COMMIT")
    outbox = Outbox(conn)
    floor = _highest_epoch(conn) + (EPOCHS_UNSEEN if backup or "epochs" in file.broken else 1)
    moved = rehome(conn, outbox, broken, nonce=nonce, boot=boot, floor=min(floor, MAX_EPOCH))
    done = Salvaged(
        why=why,
        epoch=outbox.epoch,
        rows=file.rows + (backup.rows if backup else 0),
        moved=moved,
        gone=sum(one.gone for one in losses if one.at_ms == to_ms(at)),
        bad_pages=file.bad_pages,
        broken_tables=tuple(sorted(file.broken)),
        state_from=state_from,
        lean=lean,
    )
    entry = (outbox.hlc + 1, to_ms(at), "store_salvaged", msgspec.json.encode(done).decode())
    conn.execute("INSERT INTO journal (hlc, at_ms, kind, data) VALUES (?, ?, ?, ?)", entry)
    return done


def _both(conn: sqlite3.Connection, path: Path, *, lean: bool) -> tuple[Harvest, Harvest | None, tuple[int, int]]:
    """The file's rows, then what only the backup has; and the newest clock value in each."""
    with Pages(path) as pages:
        roots = roots_of(pages)
        if roots and (version := user_version(pages)) > len(migrations.STEPS):
            raise StoreTooNew(f"the damaged store has schema {version}, this agent knows {len(migrations.STEPS)}")
        copy = aside.beside(path, BACKUP)
        if not copy.exists():
            return harvest(pages, roots or _own_roots(conn), conn, lean=lean), None, (last_hlc(conn), 0)
        with Pages(copy) as other:
            others = roots_of(other)
            file = harvest(pages, roots or others or _own_roots(conn), conn, lean=lean)
            file_hlc = last_hlc(conn)
            backup = harvest(other, others, conn, lean=lean)
    (backup_hlc,) = conn.execute("SELECT coalesce(max(hlc), 0) FROM epochs").fetchone()
    return file, backup, (file_hlc, max(backup_hlc, _newest_hlc(copy)))


def _newest_hlc(copy: Path) -> int:
    """The newest clock value in a whole backup; 0 for one that cannot be read."""
    try:
        conn = sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error:
        return 0
    try:
        return last_hlc(conn)
    except sqlite3.Error:
        return 0
    finally:
        conn.close()


def _own_roots(conn: sqlite3.Connection) -> dict[str, int]:
    """A new file's tables stand where they stood in every file that began with the same step."""
    return dict(conn.execute("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'").fetchall())


def _state(file: Harvest, backup: Harvest | None, hlcs: tuple[int, int]) -> tuple[dict[tuple[str, str], str], str]:
    """The state as one of both has it whole; where neither does, the newer one with the other's rows for its holes."""
    if backup is None:
        return (file.stray_state | file.state, "file") if "state" in file.broken else (file.state, "file")
    if hlcs[1] > hlcs[0] or (not file.state and "state" in file.broken):
        return backup.state, "backup"
    if "state" not in file.broken:
        return file.state, "file"
    return file.stray_state | backup.state | file.state, "both"


def _chains(
    conn: sqlite3.Connection, file: Harvest, at_ms: int
) -> tuple[list[tuple[Lane, int, int]], list[Lost], list[tuple[Lane, int]]]:
    """(chains to move and from where, what is lost, rows that are not what their chain says)."""
    acked = {(Lane(lane), epoch): n for lane, epoch, n in conn.execute("SELECT lane, epoch, acked FROM cursors")}
    nonces = dict(conn.execute("SELECT epoch, nonce FROM epochs").fetchall())
    shed = lost.load(conn)
    newest = _highest_epoch(conn)
    broken, losses, bad = [], shed, []
    for lane in LANES:
        for epoch in _epochs_of(conn, lane, newest):
            mine = lost.of_chain(shed, lane, epoch)
            one = examine(conn, lane, epoch, _cursor(conn, file, acked, lane, epoch), mine)
            at = Lost(
                lane=lane, epoch=epoch, nonce=nonces.get(epoch, ""), first=one.last + 1, last=None,
                reason=LossReason.DAMAGED, gone=0, hash=None, told=False, at_ms=at_ms,
            )  # fmt: skip
            bad += [(lane, place) for place in one.bad]
            losses += _losses_of(one, at, tail=epoch == newest and TABLE[lane] in file.broken)
            if one.after is not None or (not at.nonce and one.last):
                broken.append((lane, epoch, acked.get((lane, epoch), 0) if one.after is None else one.after))
    return broken, [one for one in losses if one.nonce], bad


def _losses_of(one: Examined, at: Lost, *, tail: bool) -> list[Lost]:
    """What the chain lacks, and that nobody knows what came after its last number."""
    found = [at] if tail else []
    if one.gone and one.after is not None:
        found.append(replace(at, first=one.after + 1, last=one.last, gone=one.gone))
    return found


def _cursor(conn: sqlite3.Connection, file: Harvest, acked: dict[tuple[Lane, int], int], lane: Lane, epoch: int) -> int:
    """How far the hub holds the chain: only acknowledged facts are pruned, so a whole table's beginning says it too."""
    known = acked.get((lane, epoch), 0)
    if TABLE[lane] in file.broken:
        return known
    (first,) = conn.execute(
        f"SELECT min(place) FROM {TABLE[lane]} WHERE place BETWEEN ? AND ?",  # noqa: S608
        (place_of(epoch, 1), place_of(epoch + 1, 0)),
    ).fetchone()
    pruned = 0 if first is None else (first & (1 << SEQ_BITS) - 1) - 1
    if pruned > known:
        conn.execute(
            "INSERT OR REPLACE INTO cursors (lane, epoch, acked) VALUES (?, ?, ?)", (lane.value, epoch, pruned)
        )
        acked[lane, epoch] = pruned
    return max(known, pruned)


def _epochs_of(conn: sqlite3.Connection, lane: Lane, newest: int) -> list[int]:
    found = conn.execute(f"SELECT DISTINCT place >> {SEQ_BITS} FROM {TABLE[lane]}")  # noqa: S608
    return sorted({epoch for (epoch,) in found} | ({newest} if newest else set()))


def _name_unknown(conn: sqlite3.Connection) -> None:
    """Epochs whose nonce is gone get another one: it keeps what the hub holds, and would be called a fork if sent."""
    for lane in LANES:
        named = f"SELECT DISTINCT place >> {SEQ_BITS}, lower(hex(randomblob(8))), '', 0 FROM {TABLE[lane]}"  # noqa: S608
        conn.execute(f"INSERT OR IGNORE INTO epochs (epoch, nonce, boot, hlc) {named}")


def _highest_epoch(conn: sqlite3.Connection) -> int:
    queries = ["SELECT max(epoch) FROM epochs", "SELECT max(epoch) FROM cursors", "SELECT max(epoch) FROM lost"]
    queries += [f"SELECT max(place) >> {SEQ_BITS} FROM {table}" for table in TABLE.values()]  # noqa: S608
    found = [conn.execute(query).fetchone()[0] for query in queries]
    return max((int(one) for one in found if one is not None), default=0)
