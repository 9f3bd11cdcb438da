"""The serial port itself: the only place that imports `serial`. Bytes in and out, nothing else."""

import time

import serial


class PortFailed(Exception):
    """The port cannot be opened or is gone. The bus ends; its supervisor starts it again."""


class SerialPort:
    """One open port, 8N1, exclusively ours. Raises PortFailed from every method when the device is gone."""

    def __init__(self, path: str, baud: int) -> None:
        try:
            self._serial = serial.Serial(path, baud, timeout=0, write_timeout=1.0, exclusive=True)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise PortFailed(f"{path}: {error}") from error

    def write(self, data: bytes) -> None:
        """Put the bytes on the line."""
        try:
            self._serial.write(data)
        except OSError as error:
            raise PortFailed(str(error)) from error

    def read(self, until_mono_s: float) -> bytes:
        """Whatever has arrived; waits for the first byte until then, and returns b"" when none came."""
        left_s = until_mono_s - time.monotonic()
        if left_s <= 0:
            return b""
        try:
            self._serial.timeout = left_s
            first = self._serial.read(1)
            return first + self._serial.read(self._serial.in_waiting) if first else b""
        except (OSError, TypeError) as error:  # pyserial raises TypeError when the port closes under a read
            raise PortFailed(str(error)) from error

    def close(self) -> None:
        """Give the port back."""
        self._serial.close()
