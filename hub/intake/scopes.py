"""Whom an item of a list is told: all stations, those of one organisation, or one station.

What belongs to an organisation (a vehicle, a tariff, an account's card) is told to its stations only. Whose it is
follows from the item, whoever publishes it. The house's items are kept with those that are for all, where hubs of
before there were organisations keep them: only other organisations' stations leave them out.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake.tables import ListItem
from hub.kernel.belonging import HOUSE
from hub.kernel.columns import Base
from hub.kernel.reach import EVERYWHERE, organisation_of
from protocols.sync.changes import Item

ALL: Final = uuid.UUID(int=0)

_OWNERS: Final[Mapping[str, tuple[str, str]]] = {
    "vehicles": ("key", "vehicles"),
    "tariffs": ("tariff_id", "tariffs"),
    "rich_tariffs": ("tariff_id", "tariffs"),
    "cards": ("account_id", "accounts"),
    "blocked_accounts": ("key", "accounts"),
    "staff": ("key", "accounts"),
}
"""List → what of an item says to whom it belongs, and the table that knows whose that is."""
_MAKERS: Final = frozenset({"checklists"})
"""Lists whose items belong to the organisation for which they are published."""
_OWNED: Final = frozenset({*_OWNERS, *_MAKERS})


@dataclass(frozen=True, slots=True)
class Ear:
    """A station, and whose it is."""

    station_id: uuid.UUID
    organisation_id: uuid.UUID

    def scopes(self, name: str) -> tuple[uuid.UUID, uuid.UUID]:
        """Under which scopes its items of a list are kept; a later one wins over an earlier one."""
        return _shared(name, self.organisation_id), self.station_id


def _shared(name: str, organisation_id: uuid.UUID) -> uuid.UUID:
    return ALL if name not in _OWNED or organisation_id == HOUSE else organisation_id


async def ears(session: AsyncSession, stations: Collection[uuid.UUID], name: str | None) -> dict[uuid.UUID, Ear]:
    """These stations, as listeners to one list or (None) to all."""
    asked = name is None or name in _OWNED  # whose the station is matters to no other list: no query for it
    found = await _organisations(session, "stations", stations) if asked else {}
    return {one: Ear(one, found.get(one, HOUSE)) for one in stations}


async def of_organisation(session: AsyncSession, name: str, scope: uuid.UUID) -> Sequence[uuid.UUID] | None:
    """The stations that are told what is kept under a shared scope; None for all of them."""
    if name not in _OWNED:
        return None
    stations = Base.metadata.tables["stations"].c
    organisation_id = HOUSE if scope == ALL else scope
    found = select(stations.id).where(stations.organisation_id == organisation_id)
    return (await session.scalars(found, execution_options=EVERYWHERE)).all()


async def by_scope(session: AsyncSession, name: str, items: Sequence[Item]) -> dict[uuid.UUID, list[Item]]:
    """The items by the shared scope under which they are kept."""
    owners = await _owners(session, name, {item.key: item for item in items})
    found: dict[uuid.UUID, list[Item]] = {}
    for item in items:
        found.setdefault(_shared(name, owners[item.key]), []).append(item)
    return found


async def scopes_of(session: AsyncSession, name: str, keys: Collection[str]) -> dict[uuid.UUID, list[str]]:
    """Keys that are taken away, by the shared scope under which they are kept."""
    if name not in _OWNED:
        return {ALL: list(keys)}
    if name in _MAKERS:
        return {_shared(name, organisation_of(session)): list(keys)}
    if _OWNERS[name][0] != "key":
        return await _kept(session, name, keys)
    items = {key: Item(key=key) for key in keys}
    owners = await _owners(session, name, items)
    found: dict[uuid.UUID, list[str]] = {}
    for key in keys:
        found.setdefault(_shared(name, owners[key]), []).append(key)
    return found


async def _kept(session: AsyncSession, name: str, keys: Collection[str]) -> dict[uuid.UUID, list[str]]:
    """Where keys that do not say whose they are stand, as far as the caller reaches."""
    mine = _shared(name, organisation_of(session))
    asked = select(ListItem.key).where(ListItem.list == name, ListItem.scope == mine, ListItem.key.in_(list(keys)))
    return {mine: list((await session.scalars(asked)).all())}


async def _owners(session: AsyncSession, name: str, items: Mapping[str, Item]) -> dict[str, uuid.UUID]:
    """Key → whose it is; what belongs to nobody we know is the house's."""
    if name not in _OWNERS:
        return dict.fromkeys(items, organisation_of(session) if name in _MAKERS else HOUSE)
    field, table = _OWNERS[name]
    ids = {key: _uuid(getattr(item, field)) for key, item in items.items()}
    known = await _organisations(session, table, {one for one in ids.values() if one is not None})
    return {key: HOUSE if one is None else known.get(one, HOUSE) for key, one in ids.items()}


async def _organisations(session: AsyncSession, table: str, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    if not ids:
        return {}
    columns = Base.metadata.tables[table].c
    found = select(columns.id, columns.organisation_id).where(columns.id.in_(list(ids)))
    return {row.id: row.organisation_id for row in await session.execute(found, execution_options=EVERYWHERE)}


def _uuid(text: object) -> uuid.UUID | None:
    if isinstance(text, uuid.UUID):
        return text
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
