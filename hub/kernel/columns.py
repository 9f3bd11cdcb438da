"""Column types that mean the same on SQLite and PostgreSQL, and the base class of every table."""

import datetime as dt
import uuid
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

from protocols.values import UTC

Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON value; JSONB on PostgreSQL."""

BigInt = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer; SQLite only gives row ids to a column that is called INTEGER."""


class UtcInstant(TypeDecorator[dt.datetime]):
    """An aware UTC instant, in and out, with microseconds.

    SQLite drops time zones silently, so a naive value is refused here and never reaches a table.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[dt.datetime]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone: {value!r}")
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table. Plain annotations map to the types above.

    Money is two columns, `<what>_minor: Mapped[int]` and `currency: Mapped[str]` (`String(3)`). An id of
    another domain's thing is a plain `Mapped[uuid.UUID]` column without a foreign key.
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dt.datetime: UtcInstant,
        uuid.UUID: Uuid,
        int: BigInt,
        dict[str, Any]: Json,
        list[Any]: Json,
    }
