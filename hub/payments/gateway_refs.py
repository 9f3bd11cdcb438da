"""What gateways call our calls, for those that want their own names: kept by an adapter in transactions of its own."""

from collections.abc import Iterable

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Base
from hub.kernel.db import Database, insert_new


class GatewayRef(Base):
    """The gateway's name (`ref`) for what we asked by `key`; `kind` is what was asked."""

    __tablename__ = "gateway_refs"
    __table_args__ = (Index("ix_gateway_refs_gateway_ref", "gateway", "ref"),)

    gateway: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(140), primary_key=True)
    ref: Mapped[str] = mapped_column(String(140))
    kind: Mapped[str] = mapped_column(String(12))


class StoredRefs:
    """One gateway's names."""

    def __init__(self, database: Database, gateway: str) -> None:
        self._database = database
        self._gateway = gateway

    async def remember(self, key: str, ref: str, kind: str) -> str:
        """Keep this name, unless there is one for the key; the one that stands."""
        row = {"gateway": self._gateway, "key": key, "ref": ref, "kind": kind}
        async with self._database.transaction() as session:
            await insert_new(session, GatewayRef, [row], key=["gateway", "key"])
            found = await session.get(GatewayRef, (self._gateway, key))
        assert found is not None  # noqa: S101  # written just now, or before
        return found.ref

    async def ref_of(self, key: str) -> str | None:
        """The name of what was asked by this key."""
        async with self._database.reading() as session:
            found = await session.get(GatewayRef, (self._gateway, key))
        return None if found is None else found.ref

    async def keys_of(self, refs: Iterable[str], kinds: Iterable[str]) -> dict[str, str]:
        """The key of each of these names, of calls of these kinds."""
        wanted = select(GatewayRef.ref, GatewayRef.key).where(
            GatewayRef.gateway == self._gateway, GatewayRef.ref.in_(set(refs)), GatewayRef.kind.in_(set(kinds))
        )
        async with self._database.reading() as session:
            return {row.ref: row.key for row in (await session.execute(wanted)).all()}
