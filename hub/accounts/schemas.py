"""What enters and leaves the accounts' routes as JSON."""

import uuid
from typing import Annotated

from pydantic import Field

from hub.accounts.roles import Role
from hub.kernel.shapes import Instant, Shape

Email = Annotated[
    str,
    Field(
        max_length=254,
        pattern=r"^\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$",
        examples=["ada@voltdock.example"],
        description="An e-mail address; capitals make no difference",
    ),
]
# Long enough to resist guessing (NIST SP 800-63B §5.1.1.2 asks for 8 at least), short enough for argon2.
NewPassword = Annotated[str, Field(min_length=10, max_length=200, examples=["correct horse battery"])]


class TokenRequest(Shape):
    """Sign in with `email` and `password`, with a `challenge` and a `code`, or go on with a `refresh_token`."""

    email: str | None = Field(default=None, max_length=254, examples=["admin@voltdock.example"])
    password: str | None = Field(default=None, max_length=200)
    refresh_token: str | None = Field(default=None, max_length=200)
    challenge: str | None = Field(
        default=None, max_length=1000, description="What `second_factor_required` gave in its params"
    )
    code: str | None = Field(default=None, max_length=40, description="Of the authenticator, or a recovery code")


class RefreshRequest(Shape):
    """The refresh token of the last answer; it can be used once."""

    refresh_token: str = Field(max_length=200)


class Tokens(Shape):
    """Send `access_token` as `Authorization: Bearer …`; exchange `refresh_token` when it has expired."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  # RFC 6750's name, no secret
    expires_in: int = Field(description="Seconds until the access token expires", examples=[600])
    refresh_token: str


class AccountShape(Shape):
    """An account, without anything secret."""

    id: uuid.UUID
    organisation_id: uuid.UUID
    email: str
    display_name: str
    locale: str = Field(examples=["en"])
    roles: list[str]
    active: bool
    created_at: Instant


class Me(AccountShape):
    """The caller's own account with everything that its roles permit."""

    permissions: list[str]


class NewAccount(Shape):
    """A new account."""

    email: Email
    display_name: str = Field(min_length=1, max_length=120, examples=["Ada"])
    password: NewPassword
    roles: list[Role] = Field(min_length=1, max_length=len(Role))
    locale: str = Field(default="en", pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=16)
