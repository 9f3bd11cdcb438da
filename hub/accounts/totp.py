"""Codes of an authenticator (RFC 6238: SHA-1, 30 s, 6 digits) and recovery codes. Time comes in as an argument."""

import datetime as dt
import hmac
import re
import secrets
from typing import Final

import pyotp

STEP_S: Final = 30
DRIFT: Final = 1  # steps that a phone's clock may be off, either way (RFC 6238 §5.2)
RECOVERY_CODES: Final = 10
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks alike: i l o 0 1
_HALF: Final = 6  # 12 characters of 31 are 59 bits
_CODE: Final = re.compile(r"[0-9]{6}")
_SEPARATORS: Final = re.compile(r"[\s-]")


def new_secret() -> str:
    """160 random bits as base32, as authenticators read them."""
    return pyotp.random_base32()


def uri_of(secret: str, email: str, issuer: str) -> str:
    """What an authenticator scans."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=email, issuer_name=issuer)


def step_that_fits(secret: str, code: str, now: dt.datetime, last_step: int) -> int | None:
    """The step that this code is of, if it is near and later than the last one that was used."""
    code = _SEPARATORS.sub("", code)
    if not _CODE.fullmatch(code):
        return None
    totp, here = pyotp.TOTP(secret, interval=STEP_S), int(now.timestamp()) // STEP_S
    for step in range(here - DRIFT, here + DRIFT + 1):
        if step > last_step and hmac.compare_digest(totp.generate_otp(step), code):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Codes for who has lost the authenticator, e.g. `k3m9pw-x7q2ah`."""
    return [f"{_some()}-{_some()}" for _ in range(RECOVERY_CODES)]


def plain(code: str) -> str:
    """A recovery code as it is compared, however it was typed."""
    return _SEPARATORS.sub("", code).lower()


def _some() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_HALF))
