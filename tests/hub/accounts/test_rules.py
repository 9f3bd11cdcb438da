"""The pure rules of accounts."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from hub.accounts.roles import Role
from hub.accounts.rules import PERMISSIONS_OF, email_key, permissions_of, wait_after


def test_every_role_has_its_row() -> None:
    assert set(PERMISSIONS_OF) == set(Role)


def test_an_auditor_reads_and_never_writes() -> None:
    assert not [one for one in PERMISSIONS_OF[Role.AUDITOR] if not one.endswith(":read")]


def test_a_role_that_is_gone_permits_nothing() -> None:
    assert permissions_of(["king"]) == frozenset()
    assert permissions_of([]) == frozenset()
    assert permissions_of(["king", "renter"]) == PERMISSIONS_OF[Role.RENTER]


@given(st.integers(0, 10_000))
def test_the_wait_never_shrinks_and_never_passes_a_quarter_of_an_hour(failures: int) -> None:
    assert wait_after(failures) <= wait_after(failures + 1) <= dt.timedelta(minutes=15)


def test_the_first_failures_are_free() -> None:
    assert wait_after(4) == dt.timedelta(0)
    assert wait_after(5) == dt.timedelta(seconds=5)


@given(st.emails())
def test_capitals_and_blanks_make_no_other_address(email: str) -> None:
    assert email_key(f" {email.upper()} ") == email_key(email_key(email.upper()))
