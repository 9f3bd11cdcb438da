"""The organisations that share the hub."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.columns import Json
from hub.kernel.pages import Listed


class Organisation(Listed):
    """An operator. `slug` is how people and settings name it; `seller` is who its invoices are from."""

    __tablename__ = "organisations"

    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    seller: Mapped[dict[str, Any] | None] = mapped_column(Json)
    version: Mapped[int]
