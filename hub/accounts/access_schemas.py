"""What enters the routes that give and take access."""

from typing import Annotated

from pydantic import AfterValidator, Field

from hub.accounts.rights import Grant, read_grant
from hub.kernel.shapes import Shape

_MOST: int = 50  # they travel in the access token, with every call

Reason = Annotated[str, Field(min_length=3, max_length=500, examples=["Takes over the north stations"])]


def _grant(text: str) -> str:
    found = read_grant(text)
    if found is None:
        raise ValueError("no such role, or none that can be given for a single station")
    return str(found)


GrantText = Annotated[
    str,
    Field(max_length=80, examples=["station_staff@01935a3c-7b1e-7000-8000-000000000001"]),
    AfterValidator(_grant),
]
"""A role, e.g. `analyst`, or a role at one station: `station_staff@<station id>`."""


class RolesGiven(Shape):
    """An account's roles from now on, all of them, and why."""

    roles: list[GrantText] = Field(max_length=_MOST)
    reason: Reason

    def grants(self) -> list[Grant]:
        """The roles, read."""
        return [found for found in map(read_grant, self.roles) if found is not None]


class AccessReason(Shape):
    """Why an account is closed or opened again."""

    reason: Reason
