"""What enters the routes by which people get in."""

from typing import Annotated

from pydantic import Field

from hub.accounts.schemas import Email, NewPassword
from hub.kernel.shapes import Shape

Secret = Annotated[str, Field(min_length=1, max_length=200, description="What stands behind the # of the mailed link")]
Locale = Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=16, examples=["de"])]


class Registering(Shape):
    """Somebody asks for an account of their own."""

    email: Email
    display_name: str = Field(min_length=1, max_length=120, examples=["Ada"])
    password: NewPassword
    locale: Locale = "en"
    organisation: str | None = Field(
        default=None, max_length=40, examples=["harbour"], description="Whose renter, by its slug; default: the house's"
    )


class Addressed(Shape):
    """An address that a mail is wanted at."""

    email: Email


class Confirming(Shape):
    """The mailed link comes back."""

    token: Secret


class Resetting(Shape):
    """The mailed link comes back, with the new password."""

    token: Secret
    password: NewPassword
