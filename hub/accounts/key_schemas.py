"""What enters and leaves the routes of API keys."""

import uuid

from pydantic import Field

from hub.kernel.shapes import Instant, Shape


class NewKey(Shape):
    """A key for a machine."""

    name: str = Field(min_length=1, max_length=80, examples=["Fleet dashboard"])
    scopes: list[str] = Field(
        min_length=1, max_length=100, description="Permissions, all of them one's own", examples=[["vehicles:read"]]
    )
    expires_at: Instant = Field(description="At most a year ahead")


class KeyShape(Shape):
    """A key, without what it proves itself by."""

    id: uuid.UUID
    created_at: Instant
    account_id: uuid.UUID
    name: str
    prefix: str = Field(description="How it begins", examples=["vd_4hT0qZ1x"])
    scopes: list[str]
    expires_at: Instant
    last_used_at: Instant | None = Field(description="To some five minutes")
    revoked_at: Instant | None


class KeyMade(KeyShape):
    """A new key. `key` is shown this once: `Authorization: Bearer vd_…`."""

    key: str
