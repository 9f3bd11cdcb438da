"""The pure rules of accounts."""

from hypothesis import given
from hypothesis import strategies as st

from hub.accounts.roles import Role
from hub.accounts.rules import PERMISSIONS_OF, email_key, permissions_of


def test_every_role_has_its_row() -> None:
    assert set(PERMISSIONS_OF) == set(Role)


def test_an_auditor_reads_and_never_writes() -> None:
    assert not [one for one in PERMISSIONS_OF[Role.AUDITOR] if not one.endswith((":read", ":history"))]


def test_a_role_that_is_gone_permits_nothing() -> None:
    assert permissions_of(["king"]) == frozenset()
    assert permissions_of([]) == frozenset()
    assert permissions_of(["king", "renter"]) == PERMISSIONS_OF[Role.RENTER]


@given(st.emails())
def test_capitals_and_blanks_make_no_other_address(email: str) -> None:
    assert email_key(f" {email.upper()} ") == email_key(email_key(email.upper()))
