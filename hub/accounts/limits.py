"""The hub's limits on what strangers may try, in one place: how much, of whom, in all."""

import uuid
from typing import Final

from hub.accounts.throttle import Limits, name_of
from hub.accounts.throttle_rules import Delay, Quota

_HOUR_S: Final = 3600.0
_DAY_S: Final = 24 * _HOUR_S
ALL: Final = "all"

# Mails that anybody can make us send: to one address, asked for by one network, in all.
_MAIL_TO_ONE: Final = Quota(burst=3, refill_s=_HOUR_S / 3)
_MAIL_OF_NETWORK: Final = Quota(burst=20, refill_s=_HOUR_S / 20)  # a school, a hotel, a carrier's NAT
_MAIL_IN_ALL: Final = Quota(burst=300, refill_s=_HOUR_S / 300)

# Wrong passwords. Those of a network are forgotten sooner: many people may stand behind it. In all, the longest wait
# is short, for it stops strangers only, and yet everybody's first log-in from a new place.
_WRONG_OF_ACCOUNT: Final = Delay(free=4, first_s=5, longest_s=900, refill_s=_HOUR_S)
_WRONG_OF_NETWORK: Final = Delay(free=30, first_s=5, longest_s=900, refill_s=300)
_WRONG_IN_ALL: Final = Delay(free=300, first_s=5, longest_s=60, refill_s=10)


def mail_limits(what: str, email_key: str, network: str) -> Limits:
    """Before a mail is sent that a stranger asks for; `what` is `register` or `recover`."""
    return {
        f"{what}:address:{name_of(email_key)}": _MAIL_TO_ONE,
        f"{what}:network:{network}": _MAIL_OF_NETWORK,
        f"{what}:{ALL}": _MAIL_IN_ALL,
    }


def account_key(email_key: str) -> str:
    """What the keys of one account's wrong passwords begin with, whether or not there is such an account."""
    return f"sign_in:account:{name_of(email_key)}"


def sign_in_limits(email_key: str, network: str, *, known_here: bool) -> Limits:
    """Before a password is checked.

    Who has been signed in from this network is counted apart: whatever strangers try elsewhere, also on this very
    account, makes nobody wait at home.
    """
    if known_here:
        return {f"{account_key(email_key)}:{network}": _WRONG_OF_ACCOUNT}
    return {
        account_key(email_key): _WRONG_OF_ACCOUNT,
        f"sign_in:network:{network}": _WRONG_OF_NETWORK,
        f"sign_in:{ALL}": _WRONG_IN_ALL,
    }


def code_key(account_id: uuid.UUID) -> str:
    """The key of one account's wrong codes."""
    return f"code:account:{account_id.hex}"


def code_limits(account_id: uuid.UUID, network: str) -> Limits:
    """Before a code of the second factor is checked: a million codes, of which three fit."""
    return {code_key(account_id): _WRONG_OF_ACCOUNT, f"code:network:{network}": _WRONG_OF_NETWORK}
