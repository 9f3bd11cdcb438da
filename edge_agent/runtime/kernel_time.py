"""What the kernel knows of NTP (adjtimex(2)): whether the machine's clock is being kept right. Sets nothing."""

import ctypes
import struct
from dataclasses import dataclass
from typing import Final

_TIMEX_BYTES: Final = 512  # struct timex has 208; the kernel never writes more than its own
_TIME_ERROR: Final = 5  # adjtimex(2): "the system clock is not synchronized to a reliable server"
_STA_UNSYNC: Final = 0x0040
# unsigned modes, long offset, freq, maxerror, esterror (µs), int status: the head of struct timex in native layout
_HEAD: Final = struct.Struct("@Illlli")


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTime:
    """Whether NTP keeps the machine's clock, and by how much it may be off then."""

    synchronised: bool
    max_error_s: float = 0.0


UNSYNCHRONISED: Final = KernelTime(synchronised=False)


def read_kernel_time() -> KernelTime:
    """Ask the kernel; where it does not answer (another system, a tight sandbox), nothing is known."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        state = ctypes.CDLL(None).adjtimex(buffer)  # modes 0: read only, needs no privilege
    except (OSError, AttributeError):
        return UNSYNCHRONISED
    _, _, _, max_error_us, _, status = _HEAD.unpack_from(buffer)
    if state < 0 or state == _TIME_ERROR or status & _STA_UNSYNC:
        return UNSYNCHRONISED
    return KernelTime(synchronised=True, max_error_s=max_error_us / 1e6)
