"""The serial port itself: the only place that imports `serial`. Bytes in and out, nothing else."""

import math
import os
import select
import time
from typing import Final

import serial

_CHUNK: Final = 4096


class PortFailed(Exception):
    """The port cannot be opened or is gone. The bus ends; its supervisor starts it again."""


class SerialPort:
    """One open port, 8N1, exclusively ours. Raises PortFailed when the device is gone."""

    def __init__(self, path: str, baud: int) -> None:
        try:
            self._serial = serial.Serial(path, baud, timeout=0, write_timeout=1.0, exclusive=True)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise PortFailed(f"{path}: {error}") from error
        self._fd: int = self._serial.fileno()
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)

    def write(self, data: bytes) -> None:
        """Put the bytes on the line."""
        try:
            self._serial.write(data)
        except OSError as error:
            raise PortFailed(str(error)) from error

    def read(self, until_mono_s: float) -> bytes:
        """Whatever has arrived; waits for the first byte until then, and returns b"" when none came.

        pyserial sets up the whole port again for every new timeout, so the wait is done on the descriptor.
        """
        left_s = until_mono_s - time.monotonic()
        try:
            if left_s <= 0 or not self._poll.poll(math.ceil(left_s * 1000)):
                return b""
            data = os.read(self._fd, _CHUNK)
        except OSError as error:
            raise PortFailed(str(error)) from error
        if not data:
            raise PortFailed("the port hung up")
        return data

    def close(self) -> None:
        """Give the port back."""
        self._serial.close()
