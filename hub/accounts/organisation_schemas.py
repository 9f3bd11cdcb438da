"""What enters and leaves the organisations' routes as JSON."""

import uuid
from typing import Annotated

from pydantic import Field

from hub.accounts.schemas import Email, NewPassword
from hub.kernel.shapes import Instant, Shape

Slug = Annotated[
    str,
    Field(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40, examples=["harbour"],
        description="How people and settings name it; it never changes",
    ),
]  # fmt: skip
Name = Annotated[str, Field(min_length=1, max_length=120, examples=["Harbour Rides"])]


class SellerShape(Shape):
    """Who an organisation's invoices are from, as it is printed."""

    name: str = Field(min_length=1, max_length=120, examples=["Harbour Rides GmbH"])
    address: str = Field(default="", max_length=400)
    tax_number: str = Field(default="", max_length=40)
    prefix: str = Field(pattern="^[A-Z0-9]{1,8}$", description="Begins each invoice's number", examples=["HR"])


class FirstAdmin(Shape):
    """Who may everything in the new organisation, and lets the others in."""

    email: Email
    display_name: str = Field(min_length=1, max_length=120, examples=["Ada"])
    password: NewPassword
    locale: str = Field(default="en", pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=16)


class NewOrganisation(Shape):
    """A new operator with its first admin. Until it has a `seller` it issues no invoices."""

    slug: Slug
    name: Name
    seller: SellerShape | None = None
    admin: FirstAdmin


class OrganisationEdit(Shape):
    """What is given is changed."""

    name: Name | None = None
    seller: SellerShape | None = None


class OrganisationShape(Shape):
    """An operator."""

    id: uuid.UUID
    slug: str
    name: str
    seller: SellerShape | None
    created_at: Instant
