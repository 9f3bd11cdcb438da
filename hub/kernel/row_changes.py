"""What a flush is about to do to rows, as JSON for the audit log.

Values are told of columns that hold no free text (numbers, ids, instants, short codes) and of those that say
`info={"audit": True}`; of all others, and of those that say False, only that they changed: an audit log cannot
forget, so neither names nor secrets may come into it by accident. A table may say `info={"audit": False}` too.
"""

import datetime as dt
import functools
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from sqlalchemy import Boolean, Column, Float, Integer, String, Uuid, inspect
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE

from hub.kernel.columns import UtcInstant
from protocols.values import rfc3339

_SHORT: Final = 20  # a code or a currency, no name and no secret
_OPEN_TYPES: Final = (Boolean, Integer, Float, Uuid, UtcInstant)


def changes_of(session: Session) -> Iterator[dict[str, Any]]:
    """One entry a row: table, key, whether it is added, changed or removed, and its columns.

    A column is [before, after], [after] in a new row, or null where its value is not told.
    """
    for did, rows in (("added", session.new), ("changed", session.dirty), ("removed", session.deleted)):
        for row in rows:
            mapper = inspect(type(row))
            if not mapper.local_table.info.get("audit", True):
                continue
            columns = dict(_TOLD[did](row))
            if columns or did != "changed":
                key = [_shown(one) for one in mapper.primary_key_from_instance(row)]
                told = {"columns": columns} if columns else {}
                yield {"table": mapper.local_table.name, "key": key, "did": did, **told}


def _added(row: object) -> Iterator[tuple[str, Any]]:
    state = inspect(row)
    for name, key, open_ in _columns(state.mapper):
        value = state.dict.get(key)
        if value is not None:
            yield name, [_shown(value)] if open_ else None


def _changed(row: object) -> Iterator[tuple[str, Any]]:
    state = inspect(row)
    for name, key, open_ in _columns(state.mapper):
        history = state.get_history(key, PASSIVE_NO_INITIALIZE)
        if history.has_changes():
            after = history.added[0] if history.added else None
            before = history.deleted[0] if history.deleted else None
            yield name, [_shown(before), _shown(after)] if open_ else None


def _removed(_row: object) -> Iterator[tuple[str, Any]]:
    return iter(())


_TOLD: Final = {"added": _added, "changed": _changed, "removed": _removed}


@functools.cache
def _columns(mapper: Mapper[Any]) -> list[tuple[str, str, bool]]:
    """Beside the key: each column's name, its attribute's, and whether its values may be told."""
    of = [(cast("Column[Any]", attribute.columns[0]), attribute.key) for attribute in mapper.column_attrs]
    return [(column.name, key, is_open(column)) for column, key in of if not column.primary_key]


def is_open(column: Column[Any]) -> bool:
    """Whether this column's values may be told."""
    said = column.info.get("audit")
    if said is not None:
        return bool(said)
    kind = column.type
    return isinstance(kind, _OPEN_TYPES) or (isinstance(kind, String) and 0 < (kind.length or 0) <= _SHORT)


def _shown(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {str(name): _shown(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
