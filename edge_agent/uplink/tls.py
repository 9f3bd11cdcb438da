"""TLS to the hub, checked by the station's clock where the machine's own is wrong.

OpenSSL compares a certificate's period with the machine's clock, and Python cannot hand it another time. So while the
station knows the time and the machine's clock shows another, OpenSSL leaves out that one check (everything else it
does: chain, names, purposes), and the period of every certificate of the chain that it has verified is checked here,
inside the handshake, before a byte of ours is sent. In any other case nothing differs from `ssl`'s own context: above
all, a station that does not know the time never takes a certificate unchecked.
"""

import datetime as dt
import ssl
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from cryptography import x509

from edge_agent.runtime.clock import Clock
from protocols.values import UTC, from_ms

NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, since 1.1.0
MACHINE_MAY_BE_OFF_MS: Final = 60_000
NOT_YET_VALID: Final = 9  # X509_V_ERR_CERT_NOT_YET_VALID
EXPIRED: Final = 10  # X509_V_ERR_CERT_HAS_EXPIRED


def is_out_of_period(error: BaseException) -> bool:
    """Whether a certificate failed for being too early or too late. OpenSSL names the first fault that it meets."""
    return isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in {NOT_YET_VALID, EXPIRED}


class _Judged(ssl.SSLObject):
    """A connection whose certificates must be in time by the station's clock, when `clock` is set."""

    clock: Clock | None = None

    def do_handshake(self) -> None:
        """As ever; it does not end well with a certificate that is out of time."""
        super().do_handshake()
        if self.clock is not None:
            now = self.clock.now()
            check_period(_chain(self), from_ms(now.earliest_ms), from_ms(now.latest_ms))


class StationTls(ssl.SSLContext):
    """The context of every connection to the hub. Belongs to the event loop."""

    clock: Clock
    machine_off_ms: Callable[[], int]

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """What asyncio begins a connection with: here it is decided whose clock it is checked by."""
        by_station = self.clock.now().is_trusted and abs(self.machine_off_ms()) > MACHINE_MAY_BE_OFF_MS
        flags = int(self.verify_flags) & ~NO_CHECK_TIME
        self.verify_flags = ssl.VerifyFlags(flags | NO_CHECK_TIME if by_station else flags)
        made = super().wrap_bio(*args, **kwargs)
        if by_station:
            cast("_Judged", made).clock = self.clock
        return made


def station_tls(clock: Clock, machine_off_ms: Callable[[], int]) -> StationTls:
    """Checks as `ssl.create_default_context` does. `machine_off_ms`: the station's reading less the machine's clock."""
    made = StationTls(ssl.PROTOCOL_TLS_CLIENT)  # names are checked, certificates required
    made.sslobject_class = _Judged
    made.load_default_certs(ssl.Purpose.SERVER_AUTH)
    made.set_alpn_protocols(["http/1.1"])
    made.clock, made.machine_off_ms = clock, machine_off_ms
    return made


def check_period(chain: Iterable[bytes], earliest: dt.datetime, latest: dt.datetime) -> None:
    """Each certificate (DER) is certainly in its period. Raises ssl.SSLCertVerificationError; also for no certificate.

    RFC 5280 §4.1.2.5: valid from notBefore through notAfter, inclusive.
    """
    certificates = [x509.load_der_x509_certificate(one) for one in chain]
    if not certificates:
        raise _out_of_time("no certificate", EXPIRED)
    for one in certificates:
        name = one.subject.rfc4514_string()
        if earliest < one.not_valid_before_utc:
            raise _out_of_time(f"certificate {name} is not yet valid at {earliest.astimezone(UTC)}", NOT_YET_VALID)
        if latest > one.not_valid_after_utc:
            raise _out_of_time(f"certificate {name} has expired at {latest.astimezone(UTC)}", EXPIRED)


def _chain(connection: ssl.SSLObject) -> list[bytes]:
    """What OpenSSL verified, up to the root. Public since Python 3.13; before, a method of the C object."""
    public: Callable[[], list[bytes]] | None = getattr(connection, "get_verified_chain", None)
    if public is not None:
        return public()
    inner: Any = connection._sslobj  # type: ignore[attr-defined]  # noqa: SLF001
    return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in inner.get_verified_chain() or ()]


def _out_of_time(text: str, code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, text)
    error.verify_code, error.verify_message = code, text
    return error
