"""Base45 (RFC 9285): the text form that fits QR's alphanumeric mode."""

from typing import Final

from protocols.errors import Malformed

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)}


def to_base45(data: bytes) -> str:
    """Three letters for two bytes; two for a last single byte."""
    letters = []
    for i in range(0, len(data) - 1, 2):
        rest, low = divmod(data[i] << 8 | data[i + 1], 45)
        high, middle = divmod(rest, 45)
        letters += [_ALPHABET[low], _ALPHABET[middle], _ALPHABET[high]]
    if len(data) % 2:
        high, low = divmod(data[-1], 45)
        letters += [_ALPHABET[low], _ALPHABET[high]]
    return "".join(letters)


def from_base45(text: str) -> bytes:
    """Raises Malformed for letters outside the alphabet, a wrong length or a value too large."""
    try:
        values = [_VALUES[letter] for letter in text]
    except KeyError as error:
        raise Malformed("bad_base45", str(error)) from error
    if len(values) % 3 == 1:
        raise Malformed("bad_base45", "length")
    data = bytearray()
    for i in range(0, len(values), 3):
        group = values[i : i + 3]
        number = sum(value * 45**power for power, value in enumerate(group))
        size = len(group) - 1
        if number >= 1 << 8 * size:
            raise Malformed("bad_base45", "value")
        data += number.to_bytes(size, "big")
    return bytes(data)
